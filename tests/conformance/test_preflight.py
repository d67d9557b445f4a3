from __future__ import annotations

from typing import Any

import pytest

from tcpassay.conformance.interrupts import CutShort, Interrupts
from tcpassay.conformance.preflight import preflight
from tcpassay.core.errors import StackFault, TargetUnavailableError
from tcpassay.targets.registry import open_target


@pytest.fixture
def target(kit: Any) -> Any:
    return kit.Target()


def with_execute(target: Any, execute: Any) -> Any:
    """The target, its stacks executing commands by `execute`."""
    plain = target.start

    def start(options: Any) -> Any:
        stack = plain(options)
        stack.execute = execute
        return stack

    target.start = start
    return target


def dies(_command: Any) -> None:
    raise StackFault("the stack died by SIGSEGV")


def hangs(_command: Any) -> None:
    while True:
        pass


def test_reference_stack_shakes_hands() -> None:
    target = open_target("reference")
    started = []
    plain = target.start
    target.start = lambda options: started.append(plain(options)) or started[-1]  # type: ignore[method-assign,func-returns-value]
    preflight(target, 4)
    assert len(started) == 1


def test_mute_stack_is_stopped_with_one_sentence(target: Any) -> None:
    with pytest.raises(TargetUnavailableError) as caught:
        preflight(target, 4)
    assert str(caught.value).startswith(
        "target scripted cannot shake hands and echo over IPv4, so nothing ran: "
    )
    assert "\n" not in str(caught.value)
    assert target.stacks[0].closed.is_set()


def test_stack_that_dies_is_stopped(target: Any) -> None:
    with pytest.raises(TargetUnavailableError, match="died by SIGSEGV"):
        preflight(with_execute(target, dies), 4)
    assert target.stacks[0].closed.is_set()


def test_stack_that_hangs_is_stopped_by_the_guard(target: Any) -> None:
    with (
        Interrupts() as interrupts,
        pytest.raises(TargetUnavailableError, match="did not come back from a handshake"),
    ):
        preflight(with_execute(target, hangs), 4, interrupts.guarded(0.05))
    assert target.stacks[0].closed.is_set()


def test_signal_during_the_handshake_passes_through(target: Any) -> None:
    def interrupted(_command: Any) -> None:
        raise CutShort(for_time=False)

    with pytest.raises(CutShort):
        preflight(with_execute(target, interrupted), 4)
    assert target.stacks[0].closed.is_set()
