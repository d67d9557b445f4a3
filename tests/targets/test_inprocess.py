"""The adapter around a Python stack, with a toy stack that misbehaves on request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import (
    AgentFault,
    ConfigurationError,
    StackFault,
    TargetUnavailableError,
    TcpassayError,
)
from tcpassay.core.events import (
    Advance,
    Call,
    Cancel,
    Datagram,
    Exited,
    Idle,
    Kill,
    Logged,
    ReadState,
    ReadStats,
    Returned,
    Sent,
    Signalled,
    Spawn,
    StartCall,
    StateRead,
    StatsRead,
)
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.inprocess import InProcessTarget
from tcpassay.targets.manifest_file import load_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.targets.contract import Stack

    Start = Callable[..., Stack]

S = 1_000_000_000
TOY = Path(__file__).parent / "toy"


def call(stack: Stack, number: int, name: str, *args: tuple[str, object]) -> list[object]:
    return list(stack.execute(StartCall(Call(number, 0, name, args))).events)


def test_datagram_is_answered_at_once(start: Start) -> None:
    """A datagram; its answer, time standing still, and idle."""
    outcome = start().execute(Datagram(b"abc"))
    assert outcome.events == [Sent(0, b"cba")]
    assert outcome.idle == Idle(0, None, ())


def test_advance_stops_at_the_first_event(start: Start) -> None:
    """Two timers and an advance beyond both; it ends at the first, then at the second."""
    stack = start()
    assert stack.execute(Datagram(b"tick")).idle.next_deadline_ns == S
    stack.execute(Advance(S // 4))
    stack.execute(Datagram(b"tick"))
    first = stack.execute(Advance(9 * S))
    assert (first.events, first.idle.now_ns) == ([Sent(S, b"tock")], S)
    second = stack.execute(Advance(9 * S))
    assert second.events == [Sent(S + S // 4, b"tock")]
    assert stack.execute(Advance(9 * S)).idle.now_ns == 9 * S


def test_timer_without_output_does_not_stop_time(start: Start) -> None:
    """A timer that only works inside; advance goes on to the next event."""
    stack = start()
    stack.execute(Datagram(b"silent"))
    stack.execute(Datagram(b"tick"))
    assert stack.execute(Advance(9 * S)).events == [Sent(S, b"tock")]


def test_advance_to_the_past_moves_nothing(start: Start) -> None:
    """Advance to a moment already past; the clock stays."""
    stack = start()
    stack.execute(Advance(5))
    assert stack.execute(Advance(3)).idle.now_ns == 5
    assert stack.now_ns() == 5


def test_blocked_call_returns_later_or_by_cancel(start: Start) -> None:
    """Two calls that wait; one returns with a datagram, the other by cancel with EINTR."""
    stack = start()
    assert call(stack, 1, "recv") == []
    assert stack.execute(Datagram(b"xy")).events == [
        Returned(0, 1, 0, 2, None, (("octets", b"xy"),))
    ]
    assert call(stack, 2, "recv") == []
    assert stack.execute(ReadStats()).idle.blocked == (2,)
    assert stack.execute(Cancel(2)).events == [Returned(0, 2, 0, -1, "EINTR")]


def test_unknown_call_is_told_so(start: Start) -> None:
    """A call that the stack lacks; ENOSYS-AGENT."""
    assert call(start(), 1, "splice") == [Returned(0, 1, 0, -1, "ENOSYS-AGENT")]


def test_state_and_counters(start: Start) -> None:
    """State of a listener and of a connection, and the counters; as the stack tells them."""
    stack = start()
    here = ("192.0.2.1", 80)
    assert stack.execute(ReadState(here, None)).events == [StateRead(0, "LISTEN", {"snd.una": 80})]
    there = ("192.0.2.2", 9)
    assert stack.execute(ReadState(here, there)).events == [
        StateRead(0, "ESTABLISHED", {"snd.una": 80})
    ]
    assert stack.execute(ReadStats()).events == [StatsRead(0, {"processes": 1})]


def test_processes_come_and_go(start: Start) -> None:
    """Spawn and kill; a log line, a signal, an exit."""
    stack = start()
    assert stack.execute(Spawn(2, 1, 99)).events == [Logged(0, "spawn 2 of 1 as 99")]
    assert stack.execute(Kill(2)).events == [Signalled(0, 2, "SIGKILL"), Exited(0, 2, -9)]


def test_own_process_starts_process_1(start: Start) -> None:
    """A stack with own_process; process 1 is there from the start."""
    stack = start(options=StackOptions(own_process=True))
    assert stack.execute(ReadStats()).events == [StatsRead(0, {"processes": 2})]


def test_exception_is_the_stacks_fault_and_stays(start: Start) -> None:
    """An exception out of the stack; StackFault in one line, its traceback kept, again later."""
    stack = start()
    with pytest.raises(StackFault, match="toy: the stack raised KeyError") as caught:
        stack.execute(Datagram(b"raise"))
    assert "\n" not in str(caught.value)
    assert "on_datagram" in caught.value.stderr
    with pytest.raises(StackFault):
        stack.execute(Datagram(b"abc"))


def test_timer_that_never_moves_on_is_the_stacks_fault(start: Start) -> None:
    """A deadline that stays in the past; StackFault after a bounded number of tries."""
    stack = start()
    stack.execute(Datagram(b"stuck"))
    with pytest.raises(StackFault, match="stays at 500000000 ns"):
        stack.execute(Advance(S))


def test_output_of_the_wrong_shape_is_the_agents_fault(start: Start) -> None:
    """Text where octets belong; AgentFault that shows both shapes."""
    with pytest.raises(AgentFault, match=r"'not octets'\), wanted \(\"datagram\", octets\)"):
        start().execute(Datagram(b"bad"))


def test_closed_stack_takes_no_command(start: Start) -> None:
    """A command after close, which may come twice; a clear error."""
    stack = start()
    stack.close()
    stack.close()
    with pytest.raises(TcpassayError, match="has been closed"):
        stack.execute(Datagram(b"abc"))


def test_settings_are_merged_in_order() -> None:
    """The manifest's setting, a named one over it, an override over both."""
    target = InProcessTarget(load_manifest(TOY))
    seen: list[object] = []
    for options in (
        StackOptions(),
        StackOptions(settings=("loud", "nothing")),
        StackOptions(settings=("loud",), overrides={"greeting": "bye", "colour": 1}),
    ):
        inner = target.start(options)._stack
        seen.append(vars(inner)["settings"])
    assert seen == [
        {"greeting": "hello"},
        {"greeting": "HELLO"},
        {"greeting": "bye", "colour": 1},
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (StackOptions(settings=("lowd",)), r"no \[settings\.lowd\] \(nearest: 'loud'\)"),
        (StackOptions(settings=("wrong",)), "settings: no setting 'volume'"),
        (StackOptions(ip=6), r"no \[addresses\.ipv6\]"),
    ],
)
def test_options_that_the_target_cannot_meet(
    start: Start, options: StackOptions, message: str
) -> None:
    """An unknown setting, one that the stack refuses, IPv6 without addresses; one line each."""
    with pytest.raises(ConfigurationError, match=message):
        start(options=options)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("toy_stack:open_broken", "failed: RuntimeError: no such luck"),
        ("toy_stack:nobody", "cannot import toy_stack:nobody: AttributeError"),
        ("no_such_module_at_all:x", "cannot import no_such_module_at_all:x: ModuleNotFoundError"),
    ],
)
def test_entry_that_does_not_open(entry: str, message: str) -> None:
    """An entry that raises or is not there; the target is unavailable, in one line."""
    manifest = load_manifest(TOY)
    target = InProcessTarget(replace(manifest, start={**manifest.start, "entry": entry}))
    with pytest.raises(TargetUnavailableError, match=message):
        target.start(StackOptions())


@pytest.mark.parametrize(
    ("path", "entry", "message"),
    [
        ("nowhere", "toy_stack:open_stack", "no such folder"),
        (".", "json:loads", "module 'json' is already taken by"),
    ],
)
def test_search_path_of_a_manifest(path: str, entry: str, message: str) -> None:
    """A folder that is not there, a module that another folder has taken; one line each."""
    manifest = load_manifest(TOY)
    start = {**manifest.start, "entry": entry, "path": path}
    target = InProcessTarget(replace(manifest, start=start))
    with pytest.raises(ConfigurationError, match=message):
        target.version()
