"""`make mutants`: the table, the survivors, the exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer

from tcpassay.cli import mutants
from tcpassay.conformance.load import load_cases
from tcpassay.targets.mutants import load_mutants

if TYPE_CHECKING:
    from tcpassay.conformance.case import Case
    from tcpassay.targets.mutants import Mutant

NAME = "rst_in_window_accepted"
REQUIREMENT = "RFC5961:3.2-RST-INWINDOW"


def run(
    monkeypatch: pytest.MonkeyPatch,
    *,
    cases: tuple[Case, ...],
    chosen: tuple[Mutant, ...],
    names: tuple[str, ...] = (),
    case: tuple[str, ...] = (),
) -> int:
    monkeypatch.setattr(mutants, "load_cases", lambda **_: cases)
    monkeypatch.setattr(mutants, "load_mutants", lambda: chosen)
    with pytest.raises(typer.Exit) as ended:
        mutants.main(list(names), list(case))
    return ended.value.exit_code


@pytest.fixture
def chosen() -> tuple[Mutant, ...]:
    return tuple(mutant for mutant in load_mutants() if mutant.name == NAME)


def test_killed_mutant_is_told_with_its_case(
    chosen: tuple[Mutant, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One mutant on all the cases; a row with requirement and case, status 0."""
    assert run(monkeypatch, cases=load_cases(), chosen=chosen) == 0
    told = capsys.readouterr()
    assert f"1/1 {NAME}  {REQUIREMENT}  killed by rfc5961/3/" in told.out
    assert "1 of 1 mutants killed in" in told.out
    assert "trying 1 mutants on" in told.err


def test_survivor_is_named_and_fails_the_run(
    chosen: tuple[Mutant, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cases of its requirement are left out; it is named with its near misses, status 1."""
    others = tuple(
        case
        for case in load_cases()
        if case.id.startswith("rfc5961/") and REQUIREMENT not in case.mark.requirements
    )
    assert run(monkeypatch, cases=others, chosen=chosen) == 1
    out = capsys.readouterr().out
    assert f"{REQUIREMENT}  SURVIVED" in out
    assert "not counted: rfc5961/3/reset_inside_the_window_in_every_state" in out
    assert f"survived: {NAME}" in out


def test_empty_folder_is_not_a_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No mutant at all; status 5 and one line."""
    assert run(monkeypatch, cases=(), chosen=()) == 5
    assert "there is no mutant" in capsys.readouterr().err


def test_some_mutants_on_some_cases(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name and a glob; that mutant on these cases, with what the killer has said."""
    every = load_mutants()
    code = run(monkeypatch, cases=(), chosen=every, names=(NAME,), case=("rfc5961/3/*",))
    told = capsys.readouterr()
    assert code == 0
    assert f"1/1 {NAME}  {REQUIREMENT}  killed by rfc5961/3/" in told.out
    assert "wanted " in told.out


def test_unknown_mutant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that no mutant has; one line, status 2, nothing has run."""
    assert run(monkeypatch, cases=(), chosen=load_mutants(), names=("nobody",)) == 2
    assert "no mutant 'nobody'" in capsys.readouterr().err
