"""Coverage of the catalogue: what counts, what is left out, and that the reasons given hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tcpassay.cli.coverage import find_coverage
from tcpassay.conformance.case import Case, CaseMark
from tcpassay.conformance.coverage import Bound, bound_by_citation, coverage, figures
from tcpassay.core.errors import ConfigurationError
from tcpassay.model.catalogue import Catalogue, load_catalogue
from tcpassay.model.not_covered import Omission, load_not_covered
from tcpassay.targets.registry import available

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.conformance.coverage import Coverage, Entry
    from tcpassay.model.catalogue import Requirement

_NOTHING: frozenset[str] = frozenset()


def entry(requirement: Requirement, bound: Bound, capabilities: frozenset[str] = _NOTHING) -> Entry:
    (found,) = coverage(Catalogue([requirement]), bound, (), capabilities).entries
    return found


def case(*requirements: str, needs: tuple[str, ...] = ()) -> Case:
    return Case("a/b/c", "t", "f.py", 1, CaseMark(requirements, needs=needs), lambda _: None)


@pytest.fixture(scope="module")
def own() -> Coverage:
    """The coverage of the project's own cases."""
    return find_coverage()


def test_the_projects_reasons_hold(own: Coverage) -> None:
    """not_covered.toml; it names nothing that a case covers."""
    assert [f"{one.file}:{one.line}: {one.glob} is covered" for one in own.needless] == []


def test_every_statement_of_the_documents_is_covered(own: Coverage) -> None:
    """DOC-01 to DOC-50 by the cases there are; all of them."""
    figure = figures(own.entries)[-1]
    assert (figure.covered, figure.of, figure.reached) == (50, 50, True)


def test_a_case_covers_what_it_cites() -> None:
    """A case that a target supports, and one that none does; covered, and the reason why not."""
    catalogue, manifests = load_catalogue(), available()
    bound = bound_by_citation([case("RFC9293:MUST-14")], manifests, catalogue)
    assert bound == (frozenset({"RFC9293:MUST-14"}), {})
    reference = [manifest for manifest in manifests if manifest.name == "reference"]
    wants = case("RFC9293:MUST-14", needs=("accecn",))
    bound = bound_by_citation([wants], reference, catalogue)
    assert bound.covered == _NOTHING
    assert "does not declare 'accecn'" in bound.lacking["RFC9293:MUST-14"]


def test_fates() -> None:
    """Covered, not observable, of a condition that comes later, and simply missing."""
    base = load_catalogue().get("RFC9293:MUST-14")
    nobody = Bound(_NOTHING, {})
    assert entry(base, Bound(frozenset({base.id}), {})).fate == "covered"
    assert entry(replace(base, observable="no"), nobody).fate == "not observable"
    later = replace(base, condition="rack")
    assert entry(later, nobody)[1:] == ("left out", "no target declares 'rack'")
    assert entry(later, nobody, frozenset({"rack"})).fate == "not covered"
    assert entry(replace(base, condition="sack"), nobody).fate == "not covered"
    assert entry(base, Bound(_NOTHING, {base.id: "a/b: why"}))[1:] == ("not covered", "a/b: why")


def test_figures_count_what_can_be_covered() -> None:
    """Of three MUSTs one is covered and one not observable; one of two, told by what is seen."""
    base = load_catalogue().get("RFC9293:MUST-14")
    three = [
        base,
        replace(base, id="X:2", observable="no"),
        replace(base, id="X:3", observable="api"),
    ]
    found = coverage(Catalogue(three), Bound(frozenset({base.id}), {}), (), _NOTHING)
    whole, wire, api, *_ = figures(found.entries)
    assert (whole.covered, whole.of, whole.percent, whole.reached) == (1, 2, 50.0, False)
    assert (wire.covered, wire.of, api.covered, api.of) == (1, 1, 0, 1)
    assert [one.requirement.id for one in found.unexplained()] == ["X:3"]


def test_reason_for_what_is_covered_is_needless() -> None:
    """An omission of a covered entry, and a glob with one that is not; the first is told."""
    base = load_catalogue().get("RFC9293:MUST-14")
    other = replace(base, id="RFC9293:MUST-9999")
    plain = Omission(base.id, (base.id,), "r", "f", 1)
    wide = Omission("RFC9293:*", (base.id, other.id), "w", "f", 2)
    found = coverage(
        Catalogue([base, other]), Bound(frozenset({base.id}), {}), (plain, wide), _NOTHING
    )
    assert found.needless == (plain,)
    assert [one.reason for one in found.entries] == ["", "w"]


def test_reading_reasons(tmp_path: Path) -> None:
    """An id, a glob and an array; each with the entries that it names and its line."""
    file = tmp_path / "not_covered.toml"
    file.write_text(
        '[[not_covered]]\nrequirement = "RFC9293:MUST-14"\nreason = "one"\n\n'
        '[[not_covered]]\nrequirement = ["RFC9293:MUST-15", "RFC8985:*"]\nreason = "two"\n'
    )
    one, two, three = load_not_covered(load_catalogue(), file)
    assert (one.requirements, one.reason, one.line) == (("RFC9293:MUST-14",), "one", 1)
    assert (two.requirements, two.line) == (("RFC9293:MUST-15",), 5)
    assert len(three.requirements) > 3
    assert three.reason == "two"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[not_covered]]\nrequirement = "RFC9293:MUST-1499"\nreason = "r"', ":2: "),
        ('[[not_covered]]\nrequirement = "RFC9293:MUST-14"', "missing key 'reason'"),
        ('[[not_covered]]\nrequirement = "RFC9293:MUST-14"\nreason = "r"\nwhy = "x"', ".why'"),
        ('[[notcovered]]\nrequirement = "X"', "unknown key 'notcovered'"),
        ("not_covered = 1", "wanted an array of tables"),
    ],
)
def test_malformed_reasons(tmp_path: Path, text: str, told: str) -> None:
    """An unknown entry, a missing reason, unknown keys; told with file and line."""
    file = tmp_path / "not_covered.toml"
    file.write_text(text + "\n")
    with pytest.raises(ConfigurationError) as raised:
        load_not_covered(load_catalogue(), file)
    assert told in str(raised.value)
    assert str(file) in str(raised.value)
