from __future__ import annotations

import time
from typing import Any

from tcpassay.conformance.execute import run_case, seed_of, unsupported_result
from tcpassay.conformance.interrupts import Interrupts
from tcpassay.conformance.leash import Leash
from tcpassay.conformance.plan import PlannedRun
from tcpassay.core.verdict import Verdict
from tcpassay.targets.contract import StackOptions


def test_seed_is_the_run_s_and_the_case_s() -> None:
    assert seed_of(1, "a") == seed_of(1, "a")
    assert len({seed_of(1, "a"), seed_of(1, "b"), seed_of(2, "a")}) == 3
    assert 0 <= seed_of(1, "a") < 2**64


def test_case_gets_a_fresh_stack_with_what_it_asked_for(kit: Any) -> None:
    target = kit.Target()
    case = kit.case(kit.passes, settings=("fast",), own_process=True, timing=True)
    result, trace = run_case(kit.context(target), PlannedRun(case, 4))
    (options,) = target.options
    assert (options.settings, options.own_process, options.timing) == (("fast",), True, True)
    assert options.seed == trace.seed == seed_of(1, case.id)
    assert (trace.case, trace.target, trace.stack_addresses) == (
        case.id,
        "scripted",
        ("192.0.2.1",),
    )
    assert result.verdict is Verdict.PASS
    assert target.stacks[0].closed.is_set()


def test_result_carries_values_time_and_frames(kit: Any) -> None:
    def measures(bench: Any) -> None:
        bench.measure("rto_s", 1.5)
        bench.wait(60)
        bench.check(1, 2, "one")

    result, _ = run_case(kit.context(kit.Target()), PlannedRun(kit.case(measures), 4))
    assert result.verdict is Verdict.FAIL
    assert result.measured == {"rto_s": 1.5}
    assert result.stack_s == 60
    assert result.wall_s < 5
    assert result.frames
    assert [line.field for line in result.diff] == ["one"]


def test_passing_result_shows_no_frames(kit: Any) -> None:
    result, _ = run_case(kit.context(kit.Target()), PlannedRun(kit.case(kit.passes), 4))
    assert result.frames == ()


def test_case_over_its_time_is_inconclusive(kit: Any) -> None:
    def spins(_bench: Any) -> None:
        while True:
            pass

    with Interrupts() as interrupts:
        result, _ = run_case(
            kit.context(kit.Target(), max_time_s=0.05),
            PlannedRun(kit.case(spins), 4),
            guard=interrupts.guarded(0.05),
        )
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message == "took longer than 0.05 s"


def test_stack_over_its_time_fails(kit: Any) -> None:
    """The time runs out inside the stack's own execute()."""

    class Hanging(type(kit.Target().start(StackOptions()))):  # type: ignore[misc]
        def execute(self, _command: Any) -> None:
            while True:
                pass

    class Target(kit.Target):  # type: ignore[misc]
        def start(self, _options: Any) -> Any:
            return Hanging("virtual")

    def waits(bench: Any) -> None:
        bench.wait(1)

    with Interrupts() as interrupts:
        result, _ = run_case(
            kit.context(Target(), max_time_s=0.05),
            PlannedRun(kit.case(waits), 4),
            guard=interrupts.guarded(0.05),
        )
    assert result.verdict is Verdict.FAIL
    assert result.message == "took longer than 0.05 s: the stack did not become idle"


def test_leash_cut_from_outside_ends_the_case(kit: Any) -> None:
    def waits(bench: Any) -> None:
        leash.cut("cancelled")
        bench.wait(60)

    leash = Leash()
    target = kit.Target(clock="real")
    started = time.monotonic()
    result, _ = run_case(kit.context(target), PlannedRun(kit.case(waits), 4), leash)
    assert (result.verdict, result.message) == (Verdict.INCONCLUSIVE, "cancelled")
    assert time.monotonic() - started < 5


def test_leash_cut_before_the_stack_has_started_ends_the_case_too(kit: Any) -> None:
    leash = Leash()
    leash.cut("cancelled")
    target = kit.Target()
    result, _ = run_case(kit.context(target), PlannedRun(kit.case(kit.passes), 4), leash)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert target.stacks[0].closed.is_set()


def test_unsupported_result_says_why(kit: Any) -> None:
    run = PlannedRun(kit.case(kit.passes), 4, "the manifest does not declare 'urgent'")
    result = unsupported_result(kit.context(kit.Target()), run)
    assert (result.verdict, result.as_expected) == (Verdict.UNSUPPORTED, True)
    assert result.message == run.unsupported
