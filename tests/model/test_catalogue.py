from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Level, verdict_when_not_met
from tcpassay.model.catalogue import STATES, Catalogue, load_catalogue, read_catalogue
from tcpassay.targets.capabilities import CAPABILITIES

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = """
[[requirement]]
id = "RFC9293:MUST-1"
source = "RFC9293"
group = "header"
level = "MUST"
section = "3.1"
observable = "wire"
role = "sender"
cost = "slow"
text = "The window is unsigned."
test = "A large window is used."
verified = true
basis = "text"
"""
STATEMENT = """
[[statement]]
id = "DOC-01"
source = ["000"]
area = "api"
says = "socket() gives the lowest free descriptor."
check = "3, then 4"
profile = "all"
"""


def write(folder: Path, requirements: str = ENTRY, documents: str = STATEMENT) -> Path:
    (folder / "requirements.toml").write_text(requirements)
    (folder / "documents.toml").write_text(documents)
    return folder


def test_whole_catalogue_loads() -> None:
    """The shipped files: at least the 652 requirements and 50 statements they began with."""
    catalogue = load_catalogue()
    by_source = Counter(requirement.source for requirement in catalogue)
    assert by_source["DOC"] >= 50
    assert len(catalogue) - by_source["DOC"] >= 652
    assert len({requirement.id for requirement in catalogue}) == len(catalogue)


def test_every_level_has_a_verdict_and_every_state_and_condition_is_known() -> None:
    for requirement in load_catalogue():
        assert verdict_when_not_met(requirement.level)
        assert requirement.state in ("", *STATES)
        assert requirement.condition in ("", *CAPABILITIES)


def test_catalogue_is_read_once_a_process() -> None:
    assert load_catalogue() is load_catalogue()


@pytest.mark.parametrize("name", ["RFC9293:MUST-14", "MUST-14"])
def test_source_may_be_left_out_where_the_rest_is_unique(name: str) -> None:
    found = load_catalogue().get(name)
    assert (found.id, found.short_id, found.level) == ("RFC9293:MUST-14", "MUST-14", Level.MUST)


def test_statements_are_requirements_with_the_level_of_their_profile() -> None:
    catalogue = load_catalogue()
    levels = {requirement.level for requirement in catalogue if requirement.source == "DOC"}
    assert levels == {Level.STATEMENT, Level.TEXTBOOK}
    assert catalogue.get("DOC-01").level is Level.STATEMENT


def test_statements_about_names_bind_only_with_a_resolver(tmp_path: Path) -> None:
    folder = write(tmp_path, documents=STATEMENT.replace('"api"', '"names"'))
    assert read_catalogue(folder).get("DOC-01").condition == "resolver"


def test_unknown_id_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown requirement 'MUST-144'.*MUST-14\b"):
        load_catalogue().get("MUST-144")


def test_ambiguous_id_lists_the_candidates() -> None:
    one = load_catalogue().get("RFC9293:MUST-14")
    other = type(one)(**{f: getattr(one, f) for f in one.__slots__} | {"id": "RFC1122:MUST-14"})
    with pytest.raises(ConfigurationError, match=r"ambiguous.*RFC9293:MUST-14, RFC1122:MUST-14"):
        Catalogue([one, other]).get("MUST-14")


@pytest.mark.parametrize(
    ("before", "after", "line", "message"),
    [
        ("level =", "levle =", 6, r"unknown key 'levle' \(nearest: 'level'\)"),
        ('"MUST"', '"MSUT"', 6, r"unknown level 'MSUT' \(nearest: 'MUST'\)"),
        ('basis = "text"\n', 'basis = "text"\nstate = "LISTE"\n', 15, "nearest: 'LISTEN'"),
        ("verified = true", 'verified = "yes"', 13, "wanted true or false"),
        ('role = "sender"\n', "", 2, "missing key 'role'"),
        ('cost = "slow"', "cost = 1", 10, "'cost' is 1, wanted a string"),
        ('cost = "slow"', "cost = ", 10, "malformed TOML"),
        ("[[requirement]]", "[[requirements]]", 1, r"no \[\[requirement\]\]"),
    ],
)
def test_malformed_entry_is_told_with_its_line(
    tmp_path: Path, before: str, after: str, line: int, message: str
) -> None:
    folder = write(tmp_path, requirements=ENTRY.replace(before, after))
    with pytest.raises(ConfigurationError, match=f"requirements.toml:{line}:.*{message}"):
        read_catalogue(folder)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"all"', '"al"', r":8: unknown profile 'al' \(nearest: 'all'\)"),
        ('["000"]', '"000"', ":4: 'source' is '000', wanted a list"),
    ],
)
def test_malformed_statement_is_told_with_its_line(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    folder = write(tmp_path, documents=STATEMENT.replace(before, after))
    with pytest.raises(ConfigurationError, match=f"documents.toml{message}"):
        read_catalogue(folder)


def test_id_standing_twice_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"requirements.toml:17:.*twice"):
        read_catalogue(write(tmp_path, requirements=ENTRY + ENTRY))


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"requirements.toml: No such file"):
        read_catalogue(tmp_path)
