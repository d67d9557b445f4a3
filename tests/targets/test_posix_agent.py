"""The agent for app processes: descriptors, fork, death, signals, users; over loopback."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import AgentFault
from tcpassay.core.events import (
    Advance,
    Call,
    Cancel,
    Datagram,
    Exited,
    Kill,
    Returned,
    Signalled,
    Spawn,
    StartCall,
    Tagged,
)
from tcpassay.targets.agent.launch import posix_launch
from tcpassay.targets.channel import AgentChannel
from tcpassay.targets.messages import Start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.core.events import Outcome, StackEvent

SOCKET: tuple[Tagged, ...] = (("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0))
S = 1_000_000_000


class Apps:
    """The agent, and calls by name."""

    def __init__(self) -> None:
        self.channel = AgentChannel(posix_launch("posix"))
        self.channel.greet()
        settings: dict[str, object] = {"origin_ns": time.monotonic_ns()}
        self.channel.start(Start(0, 4, ("127.0.0.1",), "127.0.0.1", 8, settings, True))
        self._calls = 0

    def start(self, process: int, name: str, *args: Tagged) -> tuple[int, Outcome]:
        self._calls += 1
        command = StartCall(Call(self._calls, process, name, args))
        return self._calls, self.channel.execute(command)

    def call(self, process: int, name: str, *args: Tagged) -> Returned:
        number, outcome = self.start(process, name, *args)
        (event,) = outcome.events
        assert isinstance(event, Returned)
        assert event.call == number
        assert event.process == process
        return event

    def listener(self, process: int = 1) -> object:
        assert self.call(process, "socket", *SOCKET).value == 3
        assert self.call(process, "bind", ("fd", 3), ("address", ("127.0.0.1", 0))).value == 0
        assert self.call(process, "listen", ("fd", 3), ("length", 5)).value == 0
        return self.call(process, "getsockname", ("fd", 3)).get("address")

    def do(self, command: Spawn | Kill | Cancel | Advance) -> list[StackEvent]:
        return self.channel.execute(command).events


@pytest.fixture
def apps() -> Iterator[Apps]:
    apps = Apps()
    yield apps
    apps.channel.close()
    assert Path(f"/proc/self/task/{os.getpid()}/children").read_text() == ""


def test_descriptors_of_a_fresh_program(apps: Apps) -> None:
    """Sockets made one after another, one closed; numbers 3, 4, 5, then 4 again."""
    assert [apps.call(1, "socket", *SOCKET).value for _ in range(3)] == [3, 4, 5]
    assert apps.call(1, "close", ("fd", 4)).value == 0
    assert apps.call(1, "socket", *SOCKET).value == 4
    assert apps.call(1, "close", ("fd", 99)).errno == "EBADF"


def test_processes_have_descriptors_of_their_own(apps: Apps) -> None:
    """A spawned process has none of the first one's sockets, a forked one has them all."""
    address = apps.listener()
    assert apps.do(Spawn(2)) == []
    assert apps.call(2, "getsockname", ("fd", 3)).errno == "EBADF"
    assert apps.do(Spawn(3, fork_of=1)) == []
    assert apps.call(3, "getsockname", ("fd", 3)).get("address") == address
    assert apps.call(3, "socket", *SOCKET).value == 4


def test_fork_while_a_call_is_blocked(apps: Apps) -> None:
    """A fork of a process that sits in accept; both serve, the accept stays the first one's."""
    address = apps.listener()
    number, outcome = apps.start(1, "accept", ("fd", 3))
    assert outcome.idle.blocked == (number,)
    apps.do(Spawn(2, fork_of=1))
    assert apps.call(2, "close", ("fd", 3)).value == 0
    assert apps.call(2, "socket", *SOCKET).value == 3
    _, outcome = apps.start(2, "connect", ("fd", 3), ("address", address))
    returned = {event.call: event for event in outcome.events if isinstance(event, Returned)}
    assert returned[number].process == 1
    assert returned[number].value == 4


def test_killed_process_closes_its_connections(apps: Apps) -> None:
    """SIGKILL to a process with a connection; an exit of -9, and end of file at the other end."""
    address = apps.listener()
    apps.do(Spawn(2))
    apps.call(2, "socket", *SOCKET)
    apps.call(2, "connect", ("fd", 3), ("address", address))
    apps.call(1, "accept", ("fd", 3))
    number, _ = apps.start(1, "recv", ("fd", 4), ("length", 9), ("flags", ()))
    events = apps.do(Kill(2))
    exits = [event for event in events if isinstance(event, Exited)]
    assert [(event.process, event.status) for event in exits] == [(2, -9)]
    returns = [event for event in events if isinstance(event, Returned)]
    assert [(event.call, event.value) for event in returns] == [(number, 0)]
    assert apps.call(2, "socket", *SOCKET).errno == "ESRCH"


def test_sigpipe_is_told(apps: Apps) -> None:
    """Two sends on a connection whose peer is gone; SIGPIPE and EPIPE, and the process lives."""
    address = apps.listener()
    apps.do(Spawn(2))
    apps.call(2, "socket", *SOCKET)
    apps.call(2, "connect", ("fd", 3), ("address", address))
    apps.call(1, "accept", ("fd", 3))
    apps.do(Kill(2))
    send: tuple[Tagged, ...] = (("fd", 4), ("octets", b"x"), ("flags", ()))
    assert apps.call(1, "send", *send).value == 1
    _, outcome = apps.start(1, "send", *send)
    kinds = [(type(event), getattr(event, "errno", None)) for event in outcome.events]
    assert sorted(kinds, key=str) == [(Returned, "EPIPE"), (Signalled, None)]
    assert apps.call(1, "close", ("fd", 4)).value == 0


def test_exit_status_is_told(apps: Apps) -> None:
    """_exit(7) in a process; an exit of 7 and no return."""
    apps.do(Spawn(2))
    _, outcome = apps.start(2, "_exit", ("value", 7))
    (event,) = outcome.events
    assert isinstance(event, Exited)
    assert (event.process, event.status) == (2, 7)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of another user")
def test_unprivileged_process_cannot_bind_a_low_port(apps: Apps) -> None:
    """A process of user 65534 and port 79; EACCES, and it can block in calls all the same."""
    apps.do(Spawn(2, user=65534))
    apps.call(2, "socket", *SOCKET)
    refused = apps.call(2, "bind", ("fd", 3), ("address", ("127.0.0.1", 79)))
    assert refused.errno == "EACCES"
    assert apps.call(2, "listen", ("fd", 3), ("length", 1)).value == 0
    number, outcome = apps.start(2, "accept", ("fd", 3))
    assert outcome.idle.blocked == (number,)


def test_blocked_call_is_cancelled(apps: Apps) -> None:
    """Cancel of an accept; EINTR."""
    apps.listener()
    number, _ = apps.start(1, "accept", ("fd", 3))
    (event,) = apps.do(Cancel(number))
    assert isinstance(event, Returned)
    assert (event.call, event.errno) == (number, "EINTR")


def test_next_command_ends_an_advance(apps: Apps) -> None:
    """A command given during a long advance; both are answered at once, in order."""
    began = time.monotonic()
    apps.channel.begin(Advance(600 * S))
    apps.channel.begin(Advance(0))
    first, second = apps.channel.finish(), apps.channel.finish()
    assert first.events == second.events == []
    assert first.idle.now_ns <= second.idle.now_ns
    assert time.monotonic() - began < 5


def test_advance_ends_with_an_event_of_an_app(apps: Apps) -> None:
    """A poll with a time-out during an advance; the advance ends when it returns."""
    number, outcome = apps.start(1, "poll", ("pollfds", ()), ("timeout", 50))
    assert outcome.idle.blocked == (number,)
    outcome = apps.channel.execute(Advance(600 * S))
    (event,) = outcome.events
    assert isinstance(event, Returned)
    assert (event.call, event.value) == (number, 0)
    assert outcome.idle.now_ns < 60 * S


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Datagram(b""), "it has no Datagram"),
        (Spawn(1), "process 1 is there already"),
        (Spawn(3, fork_of=2), "process 2 is not there"),
        (Kill(1, "SIGNONE"), "cannot send SIGNONE to process 1"),
        (StartCall(Call(1, 1, "bind", (("fd", 3),))), "app process 1 gave up"),
    ],
)
def test_commands_it_cannot_obey(
    apps: Apps, command: Datagram | Spawn | Kill | StartCall, message: str
) -> None:
    """Commands that make no sense here; the agent gives up with a line that says why."""
    with pytest.raises(AgentFault, match=message):
        apps.channel.execute(command)


def test_many_at_once_leave_no_thread(apps: Apps) -> None:
    """A second agent beside the first; no thread of ours was needed for either."""
    other = Apps()
    assert other.call(1, "socket", *SOCKET).value == 3
    assert apps.call(1, "socket", *SOCKET).value == 3
    assert threading.active_count() == 1
    other.channel.close()
