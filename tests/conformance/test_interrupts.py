from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance.interrupts import CutShort, Interrupts
from tcpassay.conformance.result import CaseEnded, CaseStarted, RunEnded
from tcpassay.conformance.runner import run

if TYPE_CHECKING:
    from tcpassay.conformance.result import RunEvent

SIGNALS = [(signal.SIGINT, "SIGINT", 130), (signal.SIGTERM, "SIGTERM", 143)]


@pytest.mark.usefixtures("no_preflight")
@pytest.mark.parametrize(("number", "name", "code"), SIGNALS)
@pytest.mark.parametrize("clock", ["virtual", "real"])
def test_signal_ends_the_run_in_order(
    kit: Any, clock: Any, number: signal.Signals, name: str, code: int
) -> None:
    """The case in flight is cut, what has ended is told, nothing more is started."""

    def kills(bench: Any) -> None:
        os.kill(os.getpid(), number)
        bench.wait(60)
        bench.execute(None)
        time.sleep(60)

    target = kit.Target(clock=clock)
    cases = [kit.case(f, id_=f"tests/{n}") for n, f in enumerate([kit.passes, kills, kit.passes])]
    events: list[RunEvent] = []
    started = time.monotonic()
    summary = run(kit.plan(target, *cases, jobs=1), events.append)
    assert time.monotonic() - started < 5
    assert (summary.exit_code, summary.interrupted) == (code, name)
    ended = [event.result.id for event in events if isinstance(event, CaseEnded)]
    begun = [event.case for event in events if isinstance(event, CaseStarted)]
    assert (ended, begun) == (["tests/0"], ["tests/0", "tests/1"])
    last = events[-1]
    assert isinstance(last, RunEnded)
    assert last.interrupted == name
    assert target.closed
    assert all(stack.closed.is_set() for stack in target.stacks)


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number, _, _ in SIGNALS]
    with Interrupts():
        assert [signal.getsignal(number) for number, _, _ in SIGNALS] != before
    assert [signal.getsignal(number) for number, _, _ in SIGNALS] == before


def test_second_signal_acts_as_if_nobody_listened() -> None:
    with Interrupts() as interrupts:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.caught == "SIGINT"
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_guarded_part_does_not_begin_after_a_signal() -> None:
    with Interrupts() as interrupts:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(CutShort) as caught, interrupts.guarded(1.0):
            pytest.fail("it began")
    assert not caught.value.for_time


def test_signal_outside_the_guarded_part_raises_nothing() -> None:
    with Interrupts() as interrupts:
        with interrupts.guarded(1.0):
            assert not interrupts.signalled()
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupts.signalled()


def test_alarm_is_off_after_the_guarded_part() -> None:
    with Interrupts() as interrupts, interrupts.guarded(10.0):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 5
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
