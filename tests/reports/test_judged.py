"""Coverage by what really ran: assertions, values measured, and why the rest was not judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tcpassay.conformance.case import Case, CaseMark
from tcpassay.conformance.result import NotRun
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.judged import bound_by_runs
from tcpassay.reports.record import CaseRecord

if TYPE_CHECKING:
    from tcpassay.reports.record import RunRecord

MUST, CHOICE = "RFC9293:MUST-14", "RFC9293:MAY-1"


def of(record: RunRecord, **changes: object) -> RunRecord:
    """The record with one case of its own."""
    first = replace(record.cases[0].result, **changes)  # type: ignore[arg-type]
    return replace(record, cases=(CaseRecord(first),), not_run=())


def test_what_was_judged_is_covered(record: RunRecord) -> None:
    """A requirement judged as failed and one cited only; the first is covered."""
    run = of(record, requirements=(MUST, CHOICE), judged={MUST: Verdict.FAIL}, measured={})
    assert bound_by_runs([run], load_catalogue()).covered == {MUST}


def test_a_value_counts_for_a_choice(record: RunRecord) -> None:
    """A value and no judgement; the MAY is covered by it, the MUST is not."""
    run = of(record, requirements=(MUST, CHOICE), judged={}, measured={"s": 1.0})
    assert bound_by_runs([run], load_catalogue()).covered == {CHOICE}


def test_what_the_oracle_judges_is_not_covered(record: RunRecord) -> None:
    """An entry of the oracle; nothing."""
    run = of(record, id=f"oracle/{MUST}", requirements=(MUST,), judged={MUST: Verdict.PASS})
    assert bound_by_runs([run], load_catalogue()).covered == frozenset()


def test_why_the_rest_was_not_judged(record: RunRecord) -> None:
    """An unsupported case and one that was left out; the reason of each."""
    run = of(
        record,
        id="a/b",
        requirements=(MUST,),
        judged={},
        measured={"s": 1.0},
        verdict=Verdict.UNSUPPORTED,
        message="no MSS",
    )
    run = replace(run, not_run=(NotRun("linux", "c/d", "needs 15 min"),))
    slow = Case("c/d", "t", "f.py", 1, CaseMark((CHOICE,)), lambda _: None)
    bound = bound_by_runs([run], load_catalogue(), [slow])
    assert bound.covered == frozenset()
    assert bound.lacking == {
        MUST: "a/b: unsupported: no MSS",
        CHOICE: "c/d: not run on linux: needs 15 min",
    }
