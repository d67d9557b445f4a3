"""Mutants that fuzzing has found: the table is of these, their smallest cases still show them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.killed import hash_of
from tcpassay.fuzz.finding.naming import MOST, causes
from tcpassay.fuzz.hunt.hunted import (
    Hunted,
    Reason,
    load_hunted,
    reasons,
    write_hunted,
    wrong_reasons,
)
from tcpassay.fuzz.hunt.hunting import course, hunt
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.fuzz.playing.alone import Trial
    from tcpassay.targets.contract import Target
    from tcpassay.targets.mutants import Mutant

TABLE = load_hunted()
MUTANTS = {mutant.name: mutant for mutant in load_mutants()}
#: One in so many is played again here.
EVERY = 14
STEPS = 6


def _median(numbers: list[int]) -> int:
    return sorted(numbers)[len(numbers) // 2]


def _alone(target: Target, hunted: Hunted) -> Trial:
    return try_alone(target, Judge(target.manifest, target.version()), hunted.case, 1)


def test_table_is_of_these_mutants() -> None:
    """Each by its text as it is; `make fuzz-mutants` writes the table anew."""
    gone = set(TABLE) - set(MUTANTS)
    changed = {name for name in TABLE if hash_of(MUTANTS[name].path) != TABLE[name].source}
    assert (gone, changed) == (set(), set())


def test_found_or_a_reason_why_not() -> None:
    """Each mutant; and no reason is given for one that is found."""
    assert wrong_reasons(TABLE, MUTANTS.values(), reasons()) == []


def test_goals() -> None:
    """Within a minute of one core, in few steps, with few requirements named."""
    assert max(each.seconds for each in TABLE.values()) <= 60
    assert _median([len(each.case.steps) for each in TABLE.values()]) <= STEPS
    assert all(0 < len(each.names) <= MOST for each in TABLE.values())
    assert all(each.key.requirement in each.names for each in TABLE.values())


@pytest.mark.parametrize("name", sorted(TABLE)[::EVERY])
def test_case_shows_the_fault(name: str) -> None:
    """On the mutant the alarm as it was; on the stack without the fault none."""
    hunted, mutant = TABLE[name], MUTANTS[name]
    base = open_target(mutant.base)
    with closing(mutant.target(base.manifest)) as target:
        alarms = _alone(target, hunted).alarms
    assert any(hunted.shown_by(alarm) for alarm in alarms)
    assert _alone(base, hunted).alarms == []


def test_hunt_from_the_beginning() -> None:
    """A fault that the first cases show: found, small, and named by its cause."""
    mutant = MUTANTS["rst_in_window_accepted"]
    along = course([mutant], 96, 1)
    assert any(mutant.name in called for called in along.called)
    caught = hunt(mutant, along, 1)
    assert caught is not None
    assert caught.number < 96
    assert len(caught.shown.case.steps) <= STEPS
    assert caught.names[0] == mutant.requirement


def test_a_fault_that_no_case_calls() -> None:
    """Nothing is played, and nothing found."""
    mutant = MUTANTS["alias_of_host_unknown"]
    along = course([mutant], 8, 1)
    assert not any(along.called)
    assert hunt(mutant, along, 1) is None


def test_reasons_are_checked() -> None:
    """A mutant without a word, and a word for one that is found."""
    mutants = [MUTANTS["rst_in_window_accepted"], MUTANTS["alias_of_host_unknown"]]
    found = dict(list(TABLE.items())[:1])
    hunted = {"rst_in_window_accepted": next(iter(found.values()))}
    reason = Reason(("rst_*",), (), "nobody asks")
    assert wrong_reasons(hunted, mutants, [reason]) == [
        "rst_in_window_accepted is found, and there is a reason not: nobody asks",
        "alias_of_host_unknown is not found, and nothing says why",
    ]
    assert wrong_reasons(hunted, mutants, [Reason((), ("DOC-44",), "no names")]) == []


def test_table_comes_back(tmp_path: Path) -> None:
    """What is written is read."""
    some = {name: TABLE[name] for name in sorted(TABLE)[:3]}
    assert load_hunted(write_hunted(some, tmp_path / "x.json")) == some


def _requirement(mutant: Mutant) -> str:
    return load_catalogue().get(mutant.requirement).id


def test_requirements_named() -> None:
    """The one that is broken comes first for most of the mutants, and is named for nearly all."""
    wanted = {name: _requirement(MUTANTS[name]) for name in TABLE}
    first = sum(TABLE[name].names[0] == wanted[name] for name in TABLE)
    among = sum(wanted[name] in TABLE[name].names for name in TABLE)
    assert first >= len(TABLE) * 0.65
    assert among >= len(TABLE) * 0.85


def test_causes_are_in_the_catalogue() -> None:
    """Every requirement that the table of causes names."""
    table = causes()
    named = {name for row in (*table.plain, *table.likely) for name in row.names}
    named |= table.symptoms | set(table.near)
    named |= {other for others in table.near.values() for other in others}
    known = {requirement.id for requirement in load_catalogue()}
    assert named - known == set()


def test_the_cause_comes_before_the_symptom() -> None:
    """A bad checksum is left in the smallest case; the judge has seen an answer to nothing."""
    hunted = TABLE["checksum_not_verified"]
    assert hunted.names[0] == "RFC9293:MUST-3"
    assert hunted.key.requirement != "RFC9293:MUST-3"
    assert any(dict(getattr(step, "flaws", ())).get("checksum") for step in hunted.case.steps)
