"""The oracle beside the cases: entries of their own, one a requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.plan import PlannedRun
from tcpassay.conformance.watch import Watch
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from tcpassay.conformance.result import CaseResult
    from tcpassay.targets.contract import Target

CASE = "rfc9293/3.10.7.4/"


def watched(target: Target) -> dict[str, CaseResult]:
    """What the oracle makes of the cases of 3.10.7.4 on a target, by requirement."""
    context = Context(target, "1", load_catalogue(), Expectations(), 1, 20.0)
    watch = Watch(context)
    for case in load_cases():
        if case.id.startswith(CASE) and 4 in case.mark.ip:
            result, trace = run_case(context, PlannedRun(case, 4))
            watch.take(watch.ended(result, trace))
    return {result.requirements[0]: result for result in watch.results(whole=True)}


def test_reference_is_judged_and_never_violates() -> None:
    """Every entry passes, and there are many of them."""
    entries = watched(open_target("reference"))
    assert len(entries) > 50
    assert {entry.verdict for entry in entries.values()} == {Verdict.PASS}
    assert all(entry.id == f"oracle/{name}" for name, entry in entries.items())


@pytest.mark.parametrize("name", ["ack_of_unsent_unanswered", "unacceptable_segment_unanswered"])
def test_a_mutant_is_told_with_case_and_event(name: str) -> None:
    """The clause, the cases and what was due; the verdict by the clause's level."""
    (mutant,) = (mutant for mutant in load_mutants() if mutant.name == name)
    target = mutant.target(open_target("reference").manifest)
    failing = [entry for entry in watched(target).values() if entry.verdict is Verdict.FAIL]
    target.close()
    assert failing
    assert all(CASE in entry.message and "event" in entry.message for entry in failing)
