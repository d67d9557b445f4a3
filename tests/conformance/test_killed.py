"""The whole kill table: it is complete and current, and its hashes tell what is not."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance.killed import (
    Killed,
    KillTable,
    hash_of,
    kills_file,
    load_table,
    never_failing,
    place_of,
    stale,
    updated,
    write_table,
)
from tcpassay.conformance.killers import Killers, killers
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.trials import trials_of
from tcpassay.core.errors import ConfigurationError
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.mutants import Mutant, load_mutants

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tcpassay.conformance.case import Case

CATALOGUE = load_catalogue()
MUTANTS = {mutant.name: mutant for mutant in load_mutants()}
TABLE = load_table()
REMEDY = "run `make mutants-changed`"
DRAWN = 20


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    """All the project's cases."""
    return load_cases(catalogue=CATALOGUE)


def fails_on_any(case: Case, names: Sequence[str]) -> bool:
    """Whether the case fails on one of these mutants."""
    trials = trials_of([case], CATALOGUE, mutants=[MUTANTS[name] for name in names])
    return any(trials.run_on(mutant, case).fails for mutant in trials.mutants)


def test_every_judging_case_fails_on_a_mutant(cases: tuple[Case, ...]) -> None:
    """The project's cases and its table; each that judges stands in it."""
    assert not never_failing(TABLE, cases), f"{REMEDY}; a case that fails on none has to go"


def test_every_mutant_is_killed_in_the_table() -> None:
    """The project's mutants and its table; the same, and each is killed by its requirement."""
    assert set(TABLE.mutants) == set(MUTANTS), REMEDY
    assert not stale(TABLE, MUTANTS.values(), ()).mutants, REMEDY
    for name, told in TABLE.mutants.items():
        assert told.killed_by, name
        assert told.requirement == MUTANTS[name].requirement, REMEDY


def test_changed_cases_still_fail(cases: tuple[Case, ...]) -> None:
    """Cases whose file is another than when the table was written; each fails on a mutant yet."""
    failing = TABLE.failing_on()
    changed = stale(TABLE, (), cases).cases
    for case in cases:
        if case.id in changed and case.id in failing:
            assert fails_on_any(case, failing[case.id]), f"{case.id}: {REMEDY}"


def test_drawn_cases_still_fail(cases: tuple[Case, ...]) -> None:
    """Twenty cases drawn by the table's own hash; each fails on the mutant that is told first."""
    failing = TABLE.failing_on()
    judging = [case for case in cases if case.id in failing]
    for case in random.Random(hash_of(kills_file())).sample(judging, DRAWN):
        assert fails_on_any(case, failing[case.id][:1]), f"{case.id}: {REMEDY}"


def folder_of(cases: Sequence[Case], name: str) -> list[Case]:
    return [case for case in cases if case.id.startswith(f"{name}/")]


def test_cases_left_out_would_not_have_failed(cases: tuple[Case, ...]) -> None:
    """Two mutants on two folders; all cases tried give what those that call it gave."""
    few = [*folder_of(cases, "rfc5961"), *folder_of(cases, "timewait")]
    some = [MUTANTS[name] for name in ("rst_in_window_accepted", "old_syn_opens_time_wait")]
    trials = trials_of(few, CATALOGUE, mutants=some)
    found = list(killers(few, CATALOGUE, mutants=some))
    for mutant, each in zip(some, found, strict=True):
        outcomes = {
            case.id: trials.run_on(mutant, case)
            for case in few
            if trials.can_be_tried(case, mutant.base)
        }
        failing = {name for name, outcome in outcomes.items() if outcome.fails}
        assert failing == {*each.killed_by, *each.also_fail}
        assert set(each.killed_by) == {
            name for name in failing if mutant.requirement in outcomes[name].unmet
        }
        assert 0 < len(failing) <= each.ran < len(few)


def own(folder: Path, name: str, text: str = "x") -> Mutant:
    """A mutant whose file has this text."""
    path = folder / f"{name}.py"
    path.write_text(text)
    return Mutant(name, "RFC9293:MUST-14", "Something breaks.", path, lambda _patch: None)


def in_file(case: Case, path: Path, name: str) -> Case:
    path.touch()
    return replace(case, id=name, file=str(path))


def test_table_is_read_as_written(tmp_path: Path) -> None:
    """A table of two mutants; written, read and written again it is the same."""
    told = {
        "b": Killed("RFC9293:MUST-14", "00", ("x/y", "x/z"), ()),
        "a": Killed("RFC9293:MUST-15", "01", (), ("x/y",)),
    }
    table = KillTable(told, {"x.py": "02"})
    file = write_table(table, tmp_path / "kills.json")
    assert load_table(file) == table
    first = file.read_bytes()
    assert write_table(load_table(file), file).read_bytes() == first
    assert table.failing_on() == {"x/y": ("b", "a"), "x/z": ("b",)}
    assert table.killers() == {"x/y": ("b",), "x/z": ("b",)}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"kills": 7}', '{"kills": 1, "mutants": {"a": {}}, "files": {}}']
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    """Files of other shapes; one line that names the file."""
    file = tmp_path / "kills.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"kills\.json: not a kill table of version 1"):
        load_table(file)
    assert load_table(tmp_path / "none.json") == KillTable()


def test_only_what_changed_is_stale(kit: Any, tmp_path: Path) -> None:
    """One of two mutants and one of two files change; each is told, and nothing else."""
    mutants = [own(tmp_path, "first"), own(tmp_path, "second")]
    cases = [
        in_file(kit.case(kit.passes), tmp_path / "x.txt", "x/a"),
        in_file(kit.case(kit.passes), tmp_path / "y.txt", "y/b"),
    ]
    found = [Killers(mutant.name, mutant.requirement, ("x/a",), (), 2) for mutant in mutants]
    table = updated(KillTable(), found, stale(KillTable(), mutants, cases), cases)
    assert stale(table, mutants, cases)[:2] == (frozenset(), frozenset())
    own(tmp_path, "first", "another text")
    (tmp_path / "y.txt").write_text("another text")
    old = stale(table, mutants, cases)
    assert (set(old.mutants), set(old.cases)) == ({"first"}, {"y/b"})
    assert [old.concerns(mutant, case) for mutant in mutants for case in cases] == [
        True,
        True,
        False,
        True,
    ]


def test_update_keeps_what_is_current(kit: Any, tmp_path: Path) -> None:
    """A case and a mutant change and a case goes; the rest of the table stays as it was."""
    mutants = [own(tmp_path, "first"), own(tmp_path, "second")]
    cases = [in_file(kit.case(kit.passes), tmp_path / f"{name}.txt", f"{name}/a") for name in "xyz"]
    everywhere = ("x/a", "y/a", "z/a")
    table = updated(
        KillTable(),
        [Killers(mutant.name, mutant.requirement, everywhere, (), 3) for mutant in mutants],
        stale(KillTable(), mutants, cases),
        cases,
    )
    own(tmp_path, "first", "another text")
    (tmp_path / "y.txt").write_text("another text")
    anew = [Killers("first", "RFC9293:MUST-14", ("x/a",), ("y/a",), 2)]
    anew.append(Killers("second", "RFC9293:MUST-14", (), ("y/a",), 1))
    after = updated(table, anew, stale(table, mutants, cases[:2]), cases[:2])
    assert after.mutants["first"][2:] == (("x/a",), ("y/a",))
    assert after.mutants["second"][2:] == (("x/a",), ("y/a",))
    assert set(after.files) == {place_of(case) for case in cases[:2]}
    assert stale(after, mutants, cases[:2])[:2] == (frozenset(), frozenset())


def test_case_that_fails_nowhere_is_named(kit: Any) -> None:
    """Two cases, one of which no mutant makes fail; it is named, a measuring one is not."""
    table = KillTable({"a": Killed("RFC9293:MUST-14", "", (), ("x/fails",))})
    idle, fails = kit.case(kit.passes, id_="x/idle"), kit.case(kit.passes, id_="x/fails")
    measuring = replace(idle, mark=replace(idle.mark, measures=True))
    assert never_failing(table, [idle, fails]) == ["x/idle"]
    assert never_failing(table, [measuring]) == []
