from __future__ import annotations

import os
import resource
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance.expectations import Expectations, load_expectations
from tcpassay.conformance.plan import PlannedRun
from tcpassay.conformance.pool import ASKED_TWICE, IN_FLIGHT, _room_for
from tcpassay.conformance.result import (
    Alarm,
    CaseEnded,
    CaseStarted,
    RunEnded,
    RunStarted,
    TargetNotStarted,
)
from tcpassay.conformance.runner import run
from tcpassay.conformance.watch import Watch
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.core.verdict import Level, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult, RunEvent
    from tcpassay.core.trace import Trace

pytestmark = pytest.mark.usefixtures("no_preflight")


def breaks(_bench: Any) -> None:
    raise RuntimeError("a slip in the case")


def expecting(folder: Path, case: str, verdict: str) -> Expectations:
    text = f'[[expect]]\ncase = "{case}"\nverdict = "{verdict}"\nreason = "known"\n'
    (folder / "expectations.toml").write_text(text)
    return load_expectations(folder)


def test_events_come_in_order(kit: Any) -> None:
    target = kit.Target()
    events: list[RunEvent] = []
    summary = run(kit.plan(target, kit.case(kit.passes), kit.case(kit.fails)), events.append)
    kinds = [type(event) for event in events]
    assert kinds == [RunStarted, CaseStarted, CaseEnded, CaseStarted, CaseEnded, RunEnded]
    assert summary.totals == {"scripted": {Verdict.PASS: 1, Verdict.FAIL: 1}}
    assert target.closed
    first = events[0]
    assert isinstance(first, RunStarted)
    assert (first.planned, first.targets[0].version) == ({"scripted": 2}, "scripted 1.0")


def test_exit_codes_of_verdicts(kit: Any) -> None:
    def code(*functions: Any, **changes: Any) -> int:
        cases = [kit.case(function) for function in functions]
        return run(kit.plan(kit.Target(), *cases, **changes), lambda _: None).exit_code

    assert code(kit.passes) == 0
    assert code(kit.passes, kit.fails) == 1
    assert code(kit.fails, gate=False) == 0
    assert code(kit.fails, breaks) == 3
    assert code(breaks, gate=False) == 3
    assert code() == 5


@pytest.mark.parametrize(("verdict", "code"), [("fail", 0), ("deviation", 1)])
def test_expected_verdict_passes_the_gate(
    kit: Any, tmp_path: Path, verdict: str, code: int
) -> None:
    expectations = expecting(tmp_path, "tests/fails", verdict)
    events: list[RunEvent] = []
    plan = kit.plan(kit.Target(), kit.case(kit.fails), expectations=expectations)
    assert run(plan, events.append).exit_code == code
    (ended,) = [event for event in events if isinstance(event, CaseEnded)]
    assert (str(ended.result.expected), ended.result.reason) == (verdict, "known")


def test_stale_expectation_fails_the_gate(kit: Any, tmp_path: Path) -> None:
    expectations = expecting(tmp_path, "tests/gone", "fail")
    known = frozenset({"tests/passes"})
    plan = kit.plan(kit.Target(), kit.case(kit.passes), expectations=expectations, known=known)
    events: list[RunEvent] = []
    summary = run(plan, events.append)
    assert (summary.exit_code, summary.unexpected) == (1, 0)
    last = events[-1]
    assert isinstance(last, RunEnded)
    assert [entry.case for entry in last.stale] == ["tests/gone"]
    assert run(replace(plan, gate=False), lambda _: None).exit_code == 0


def test_target_that_cannot_start_leaves_the_others_running(kit: Any) -> None:
    broken, sound = kit.Target("broken"), kit.Target("sound")
    broken.unavailable = TargetUnavailableError("no permission: run as root")
    case = kit.case(kit.passes)
    plan = kit.plan(sound, case)
    plan = replace(plan, targets=(*kit.plan(broken, case).targets, *plan.targets))
    events: list[RunEvent] = []
    summary = run(plan, events.append)
    assert summary.exit_code == 4
    assert summary.totals == {"sound": {Verdict.PASS: 1}}
    assert TargetNotStarted("broken", "no permission: run as root", skipped=False) in events
    assert run(replace(plan, where_possible=True), lambda _: None).exit_code == 0


def test_only_target_skipped_on_request_is_no_failure(kit: Any) -> None:
    target = kit.Target()
    target.unavailable = TargetUnavailableError("no permission")
    plan = kit.plan(target, kit.case(kit.passes), where_possible=True)
    assert run(plan, lambda _: None).exit_code == 0


@pytest.mark.parametrize("clock", ["virtual", "real"])
def test_unsupported_is_a_result_and_starts_no_stack(kit: Any, clock: Any) -> None:
    target = kit.Target(clock=clock)
    plan = kit.plan(target)
    runs = (PlannedRun(kit.case(kit.passes), 4, "no such thing"),)
    plan = replace(plan, targets=(replace(plan.targets[0], runs=runs),))
    summary = run(plan, lambda _: None)
    assert summary.totals == {"scripted": {Verdict.UNSUPPORTED: 1}}
    assert (summary.exit_code, target.stacks) == (0, [])


def test_same_seed_gives_the_cases_the_same_seeds_in_any_company(kit: Any) -> None:
    one, other = kit.Target(), kit.Target()
    run(kit.plan(one, kit.case(kit.passes), kit.case(kit.fails), seed=7), lambda _: None)
    run(kit.plan(other, kit.case(kit.fails), seed=7), lambda _: None)
    assert one.options[1].seed == other.options[0].seed
    assert one.options[0].seed != one.options[1].seed


def waits(bench: Any) -> None:
    bench.wait(0.3)
    bench.check(1, 1, "one")


def test_real_time_cases_overlap(kit: Any) -> None:
    """40 cases of 0.3 s take little more than one."""
    cases = [kit.case(waits, id_=f"tests/{n}") for n in range(40)]
    started = time.monotonic()
    summary = run(kit.plan(kit.Target(clock="real"), *cases), lambda _: None)
    assert summary.totals == {"scripted": {Verdict.PASS: 40}}
    assert time.monotonic() - started < 3


def test_jobs_bounds_the_number_in_flight(kit: Any) -> None:
    def counted(event: RunEvent) -> None:
        if isinstance(event, CaseStarted):
            flying.append(1)
            most.append(sum(flying))
        elif isinstance(event, CaseEnded):
            flying.append(-1)

    flying: list[int] = []
    most: list[int] = []
    cases = [kit.case(waits, id_=f"tests/{n}") for n in range(5)]
    run(kit.plan(kit.Target(clock="real"), *cases, jobs=2), counted)
    assert (len(most), max(most)) == (5, 2)


def test_descriptors_bound_the_number_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, room in ((1024, 80), (10, 1), (resource.RLIM_INFINITY, IN_FLIGHT)):
        monkeypatch.setattr("resource.getrlimit", lambda _, soft=limit: (soft, soft))
        assert _room_for() == room


def test_longest_real_time_case_starts_first(kit: Any) -> None:
    started = []
    cases = [kit.case(kit.passes, id_=f"tests/{n}", real_s=float(n)) for n in range(4)]
    plan = kit.plan(kit.Target(clock="real"), *cases)
    run(plan, lambda event: started.append(event) if isinstance(event, CaseStarted) else None)
    assert [event.case for event in started] == ["tests/3", "tests/2", "tests/1", "tests/0"]


class Lagging:
    """A case that breaks its requirement as long as the target's reader lags: `late` times."""

    def __init__(self, target: Any, late: int = 1) -> None:
        self.target = target
        self.late = late
        self.times = 0

    def case(self, bench: Any) -> None:
        """A stimulus; a timely answer."""
        self.times += 1
        late = self.times <= self.late
        self.target.lag = 80_000_000 if late else 0
        bench.wait(0.05)
        bench.check(late, False, "late")


def test_case_that_failed_under_lag_is_run_again_alone(kit: Any) -> None:
    target = kit.Target(clock="real")
    lagging = Lagging(target)
    case = replace(kit.case(kit.passes, id_="tests/lagging"), function=lagging.case)
    events: list[RunEvent] = []
    summary = run(kit.plan(target, case), events.append)
    assert (lagging.times, summary.exit_code) == (2, 0)
    (ended,) = [event for event in events if isinstance(event, CaseEnded)]
    assert ended.result.verdict is Verdict.PASS
    assert ended.result.message == "run again alone: the first run lagged 80 ms and was fail"


def test_cases_that_failed_under_lag_are_run_again_together(kit: Any) -> None:
    """Two in doubt, of which one lags once more; a few at a time, then that one alone."""
    target = kit.Target(clock="real")
    first, second = Lagging(target), Lagging(target, late=2)
    cases = [
        replace(kit.case(kit.passes, id_=f"tests/{n}"), function=lagging.case)
        for n, lagging in enumerate((first, second))
    ]
    events: list[RunEvent] = []
    assert run(kit.plan(target, *cases, jobs=1), events.append).exit_code == 0
    ended = {event.result.id: event.result for event in events if isinstance(event, CaseEnded)}
    assert (first.times, second.times) == (2, 3)
    first_run = "the first run lagged 80 ms and was fail"
    assert ended["tests/0"].message == f"run again with few others: {first_run}"
    assert ended["tests/1"].message == f"run again alone: {first_run}"


def test_case_that_failed_while_the_machine_stood_still_is_run_again(kit: Any) -> None:
    """The reader tells of no lag; the pool woke late."""
    times = []

    def case(bench: Any) -> None:
        times.append(1)
        bench.wait(0.05)
        if len(times) == 1:
            sum(range(10_000_000))  # Nobody else gets Python's lock meanwhile.
        bench.wait(0.01)
        bench.check(len(times), 2, "times")

    events: list[RunEvent] = []
    assert run(kit.plan(kit.Target(clock="real"), kit.case(case)), events.append).exit_code == 0
    (ended,) = [event for event in events if isinstance(event, CaseEnded)]
    assert ended.result.message == "run again alone: the first run was fail"


def test_case_that_failed_without_lag_is_asked_twice(kit: Any) -> None:
    """What stood still was seen by nobody: the second run counts and tells of the first."""
    tried = []

    def case(bench: Any) -> None:
        tried.append(1)
        bench.check(len(tried), 2, "times")

    events: list[RunEvent] = []
    assert run(kit.plan(kit.Target(clock="real"), kit.case(case)), events.append).exit_code == 0
    (ended,) = [event for event in events if isinstance(event, CaseEnded)]
    assert ended.result.message == "run again alone: the first run was fail"


def test_alarms_of_the_first_run_are_told(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The case passes twice; what the oracle has against its first trace alone is named once."""
    target = kit.Target(clock="real")

    traces: list[Trace | None] = []

    def ended(_watch: Watch, result: CaseResult, trace: Trace | None) -> CaseEnded:
        traces.append(trace)
        first, both = "RFC9293:MUST-22", "RFC9293:MUST-16"
        named = (first, first, both) if trace is traces[0] else (both,)
        known = Alarm(1, "RFC9293:MUST-40", "", "", (), Level.MUST, as_expected=True)
        again = known._replace(as_expected=False)
        told = (again._replace(requirement=name) for name in named)
        return CaseEnded(result, trace, (known, *told) if trace is traces[0] else tuple(told))

    monkeypatch.setattr(Watch, "ended", ended)
    events: list[RunEvent] = []
    run(replace(kit.plan(target, kit.case(kit.passes)), watch=True), events.append)
    (case,) = [
        e for e in events if isinstance(e, CaseEnded) and not e.result.id.startswith("oracle")
    ]
    assert case.result.message == "run again alone: the first run violated RFC9293:MUST-22"


def test_few_unexpected_verdicts_are_asked_for_twice(kit: Any) -> None:
    """Where there are many it is the target; what comes twice is a failure."""
    target = kit.Target(clock="real")
    more = 3
    cases = [kit.case(kit.fails, id_=f"tests/{n}") for n in range(ASKED_TWICE + more)]
    summary = run(kit.plan(target, *cases, jobs=1), lambda _: None)
    assert len(target.stacks) == 2 * ASKED_TWICE + more
    assert summary.exit_code == 1


@pytest.mark.parametrize(("failing", "times", "code"), [(1, 2, 0), (9, 2, 1)])
@pytest.mark.parametrize("count", [1, 2])
def test_set_up_that_failed_is_tried_once_more(
    kit: Any, failing: int, times: int, code: int, count: int
) -> None:
    """No lag, nothing judged: once more, alone or with the others; then it counts as it is."""
    tried = [0] * count

    def case(at: int) -> Any:
        def unsteady(bench: Any) -> None:
            tried[at] += 1
            with bench.reaching("a state"):
                bench.check(tried[at] > failing, True, "reached")
            bench.wait(0.01)
            bench.check(tried[at], times, "times tried")

        return replace(kit.case(kit.passes, id_=f"tests/{at}"), function=unsteady)

    events: list[RunEvent] = []
    plan = kit.plan(kit.Target(clock="real"), *(case(at) for at in range(count)), jobs=1)
    assert run(plan, events.append).exit_code == code
    ended = [event.result for event in events if isinstance(event, CaseEnded)]
    assert tried == [times] * count
    assert {result.verdict for result in ended} == {
        Verdict.INCONCLUSIVE if code else Verdict.PASS,
    }
    assert all("run again" in result.message for result in ended)


def test_real_time_case_over_its_time_is_inconclusive(kit: Any) -> None:
    def stuck(bench: Any) -> None:
        bench.wait(60)

    events: list[RunEvent] = []
    plan = kit.plan(kit.Target(clock="real"), kit.case(stuck), max_time_s=0.1)
    assert run(plan, events.append).exit_code == 1
    (ended,) = [event for event in events if isinstance(event, CaseEnded)]
    assert ended.result.verdict is Verdict.INCONCLUSIVE
    assert ended.result.message == "took longer than 0.1 s"


def test_case_that_does_not_come_back_is_given_up(
    kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    monkeypatch.setattr("tcpassay.conformance.pool.GRACE_S", 0.1)
    release = threading.Event()
    plan = kit.plan(kit.Target(clock="real"), kit.case(lambda _: release.wait(10)), max_time_s=0.1)
    events: list[RunEvent] = []
    summary = run(plan, events.append)
    release.set()
    (ended,) = [event for event in events if isinstance(event, CaseEnded)]
    assert (ended.result.verdict, summary.exit_code) == (Verdict.ERROR, 3)
    assert "did not stop when its stack was closed" in ended.result.message


def test_cases_that_hardly_wait_share_one_processor(kit: Any) -> None:
    """The processors that a case's thread may use; one for a spare case, all for another."""
    allowed: dict[str, set[int]] = {}
    before = os.sched_getaffinity(0)
    for spare in (True, False):
        case = kit.case(
            lambda _, spare=spare: allowed.setdefault(str(spare), os.sched_getaffinity(0))
        )
        case = replace(case, mark=replace(case.mark, spare=spare))
        run(kit.plan(kit.Target(clock="real"), case), lambda _: None)
    assert len(allowed["True"]) == 1
    assert allowed["False"] == before == os.sched_getaffinity(0)


def test_listener_that_raises_ends_the_run_and_leaves_nothing(kit: Any) -> None:
    def broken(event: RunEvent) -> None:
        if isinstance(event, CaseEnded):
            raise BrokenPipeError

    target = kit.Target(clock="real")
    cases = [kit.case(waits, id_=f"tests/{n}") for n in range(5)]
    with pytest.raises(BrokenPipeError):
        run(kit.plan(target, *cases), broken)
    assert target.closed
    assert all(stack.closed.is_set() for stack in target.stacks)
