from __future__ import annotations

from typing import Any

import pytest

from tcpassay.conformance.judge import judge
from tcpassay.conformance.outcome import ExpectationFailed, Inconclusive, Unsupported
from tcpassay.core.errors import AgentFault, ConfigurationError, StackFault
from tcpassay.core.trace import FieldDiff, Judgement, Trace
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue

CATALOGUE = load_catalogue()
DIFF = (FieldDiff("ack", "1", "2"),)


def trace_of(*judged: tuple[str, bool], measures: int = 0) -> Trace:
    trace = Trace()
    for requirement, met in judged:
        message = "" if met else f"{requirement} was not met"
        trace.append(0, "expect", Judgement("value", {}, met, requirement, None, message))
    for _ in range(measures):
        trace.append(0, "measure", ("rto", 1.0))
    return trace


@pytest.mark.parametrize(
    ("judged", "verdict"),
    [
        ([("MUST", True)], Verdict.PASS),
        ([("MUST", True), ("MUST", False)], Verdict.FAIL),
        ([("MUST", False), ("MUST", True)], Verdict.FAIL),
        ([("MUST", True), ("SHOULD", False)], Verdict.DEVIATION),
        ([("MUST", True), ("MAY", False)], Verdict.INFO),
        ([("MAY", False), ("SHOULD", False), ("MUST", False)], Verdict.FAIL),
    ],
)
def test_worst_judgement_decides(kit: Any, judged: Any, verdict: Verdict) -> None:
    bound = [(getattr(kit, name), met) for name, met in judged]
    case = kit.case(kit.passes, *dict(bound))
    assert judge(trace_of(*bound), None, case, CATALOGUE).verdict is verdict


def test_each_requirement_gets_its_worst_verdict(kit: Any) -> None:
    trace = trace_of((kit.MUST, True), (kit.SHOULD, False), (kit.SHOULD, True))
    found = judge(trace, None, kit.case(kit.passes), CATALOGUE)
    assert found.judged == {kit.MUST: Verdict.PASS, kit.SHOULD: Verdict.DEVIATION}
    assert found.message == f"{kit.SHOULD} was not met"


@pytest.mark.parametrize(
    ("level", "verdict"),
    [("MUST", Verdict.FAIL), ("SHOULD", Verdict.DEVIATION), ("MAY", Verdict.INFO)],
)
def test_level_of_the_requirement_that_failed_decides(
    kit: Any, level: str, verdict: Verdict
) -> None:
    failure = ExpectationFailed(getattr(kit, level), "wanted an ACK", DIFF)
    found = judge(trace_of((kit.MAY, True)), failure, kit.case(kit.passes), CATALOGUE)
    assert (found.verdict, found.message, found.diff) == (verdict, "wanted an ACK", DIFF)
    assert found.judged[getattr(kit, level)] is verdict


def test_failure_bound_to_nothing_is_bound_to_the_first_requirement(kit: Any) -> None:
    case = kit.case(kit.passes, kit.SHOULD, kit.MUST)
    found = judge(Trace(), ExpectationFailed("", "no"), case, CATALOGUE)
    assert found.judged == {kit.SHOULD: Verdict.DEVIATION}


@pytest.mark.parametrize(
    ("ending", "verdict", "message"),
    [
        (Inconclusive("SYN-SENT could not be reached"), Verdict.INCONCLUSIVE, "SYN-SENT could"),
        (Unsupported("the agent does not know dup()"), Verdict.UNSUPPORTED, "the agent does"),
        (StackFault("died by SIGSEGV"), Verdict.FAIL, "died by SIGSEGV"),
        (AgentFault("bad frame"), Verdict.ERROR, "bad frame"),
        (ConfigurationError("bound to MUST-2"), Verdict.ERROR, "bound to MUST-2"),
    ],
)
def test_ending_maps_to_its_verdict(
    kit: Any, ending: Exception, verdict: Verdict, message: str
) -> None:
    found = judge(trace_of((kit.MUST, True)), ending, kit.case(kit.passes), CATALOGUE)
    assert found.verdict is verdict
    assert found.message.startswith(message)


def test_fault_of_the_stack_is_bound_to_the_first_requirement_and_keeps_stderr(kit: Any) -> None:
    found = judge(Trace(), StackFault("died", stderr="==1==ERROR"), kit.case(kit.passes), CATALOGUE)
    assert (found.judged, found.stderr) == ({kit.MUST: Verdict.FAIL}, "==1==ERROR")


def test_unmet_requirement_outweighs_an_inconclusive_end(kit: Any) -> None:
    trace = trace_of((kit.MUST, False))
    found = judge(trace, Inconclusive("CLOSING not reached"), kit.case(kit.passes), CATALOGUE)
    assert found.verdict is Verdict.FAIL
    assert found.message == f"{kit.MUST} was not met; then CLOSING not reached"


def test_other_exception_is_an_error_with_the_case_s_line_and_its_traceback_kept(
    kit: Any,
) -> None:
    def broken(_bench: Any) -> None:
        fields: dict[str, int] = {}
        fields["seq"] += 1

    case = kit.case(broken)
    with pytest.raises(KeyError) as caught:
        case.run(None)
    found = judge(Trace(), caught.value, case, CATALOGUE)
    assert found.verdict is Verdict.ERROR
    assert found.message.endswith(f"test_judge.py:{case.line + 2}: KeyError: 'seq'")
    assert "Traceback" in found.stderr
    assert "\n" not in found.message


@pytest.mark.parametrize("trace", [Trace(), trace_of(("", True))])
def test_case_that_judged_nothing_is_an_error(kit: Any, trace: Trace) -> None:
    """No judgement, or none but those of set-up."""
    found = judge(trace, None, kit.case(kit.passes), CATALOGUE)
    assert found.verdict is Verdict.ERROR
    assert "judged nothing" in found.message


def test_measuring_case_gives_info_and_has_to_measure(kit: Any) -> None:
    case = kit.case(kit.passes, measures=True)
    assert judge(trace_of(measures=1), None, case, CATALOGUE).verdict is Verdict.INFO
    nothing = judge(trace_of((kit.MUST, True)), None, case, CATALOGUE)
    assert (nothing.verdict, "measured nothing" in nothing.message) == (Verdict.ERROR, True)


def test_measuring_case_that_breaks_a_requirement_fails(kit: Any) -> None:
    trace = trace_of((kit.MUST, False), measures=1)
    case = kit.case(kit.passes, measures=True)
    assert judge(trace, None, case, CATALOGUE).verdict is Verdict.FAIL
