"""The step contract on the running kernel."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import ConfigurationError, StackFault, TargetUnavailableError
from tcpassay.core.events import (
    Advance,
    Cancel,
    Datagram,
    Logged,
    ReadState,
    ReadStats,
    Returned,
    Sent,
    StateRead,
    StatsRead,
)
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.namespace.sockstat import has_no_sockets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Outcome
    from tcpassay.targets.namespace.target import NamespaceTarget
    from tcpassay.wire.tcp import Segment
    from tests.targets.namespace.conftest import Wire

    Start = Callable[..., Wire]
    Segments = Callable[[Outcome], list[Segment]]
    ReturnOf = Callable[[Outcome], Returned]

MS = 1_000_000


def state_of(wire: Wire, *, listener: bool = False) -> str:
    remote = None if listener else (wire.remote, wire.port)
    (event,) = wire.do(ReadState((wire.local, 80), remote)).events
    assert isinstance(event, StateRead)
    return event.state


@pytest.mark.parametrize("ip", [4, 6])
def test_passive_open_data_and_close(start: Start, segments_of: Segments, ip: int) -> None:
    """A whole life of a connection; every answer comes in the step that causes it."""
    wire = start(ip)
    fd = wire.accepted()
    assert fd == 4
    (ack,) = segments_of(wire.send(wire.ACK | wire.PSH, b"x" * 1000))
    assert ack.ack == wire.seq
    got = wire.call("recv", ("fd", fd), ("length", 4096), ("flags", ()))
    assert got.get("octets") == b"x" * 1000
    outcome = wire.start("send", ("fd", fd), ("octets", b"y" * 1000), ("flags", ()))
    data = segments_of(outcome)
    assert b"".join(each.payload for each in data) == b"y" * 1000
    wire.take(data[-1])
    assert state_of(wire) == "ESTABLISHED"
    wire.send(wire.ACK | wire.FIN)
    assert state_of(wire) == "CLOSE-WAIT"
    (fin,) = segments_of(wire.start("close", ("fd", fd)))
    assert fin.flags & wire.FIN
    assert state_of(wire) == "LAST-ACK"
    wire.take(fin)
    assert segments_of(wire.send(wire.ACK)) == []
    assert state_of(wire) == "CLOSED"
    assert state_of(wire, listener=True) == "LISTEN"


def test_active_close_states(wire: Wire, segments_of: Segments) -> None:
    """States are read also where no descriptor is left: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT."""
    fd = wire.accepted()
    (fin,) = segments_of(wire.start("close", ("fd", fd)))
    assert state_of(wire) == "FIN-WAIT-1"
    wire.take(fin)
    wire.send(wire.ACK)
    assert state_of(wire) == "FIN-WAIT-2"
    wire.send(wire.ACK | wire.FIN)
    assert state_of(wire) == "TIME-WAIT"


def test_half_open_states(wire: Wire, segments_of: Segments) -> None:
    """SYN-RECEIVED is a request that is not a socket yet; SYN-SENT belongs to a blocked call."""
    wire.listener()
    wire.send(wire.SYN)
    assert state_of(wire) == "SYN-RECEIVED"
    fd = wire.socket()
    wire.call("bind", ("fd", fd), ("address", (wire.local, 5000)))
    outcome = wire.start("connect", ("fd", fd), ("address", (wire.remote, 6000)))
    (syn,) = segments_of(outcome)
    assert syn.flags == wire.SYN
    assert outcome.idle.blocked == (wire.last,)
    (event,) = wire.do(ReadState((wire.local, 5000), (wire.remote, 6000))).events
    assert isinstance(event, StateRead)
    assert event.state == "SYN-SENT"


def test_state_numbers_and_stats(wire: Wire) -> None:
    """ReadState gives windows and queues; ReadStats counts sockets by state."""
    wire.accepted()
    wire.send(wire.ACK | wire.PSH, b"abc")
    (event,) = wire.do(ReadState((wire.local, 80), (wire.remote, wire.port))).events
    assert isinstance(event, StateRead)
    assert event.numbers["rcv.queue"] == 3
    assert event.numbers["snd.wnd"] == 65535
    (stats,) = wire.do(ReadStats()).events
    assert isinstance(stats, StatsRead)
    assert (stats.numbers["ESTABLISHED"], stats.numbers["LISTEN"]) == (1, 1)
    assert (stats.numbers["sockets"], stats.numbers["rcv.queue"]) == (2, 3)


def test_blocked_call_returns_in_the_step_that_frees_it(wire: Wire, return_of: ReturnOf) -> None:
    """accept() with nothing to accept is idle and blocked; the last ACK makes it return."""
    fd = wire.listener()
    outcome = wire.start("accept", ("fd", fd))
    assert outcome.events == []
    assert outcome.idle.blocked == (wire.last,)
    wire.send(wire.SYN)
    outcome = wire.send(wire.ACK)
    assert return_of(outcome).value == 4
    assert outcome.idle.blocked == ()


def test_many_steps_with_a_blocked_recv(wire: Wire, return_of: ReturnOf) -> None:
    """Whatever the scheduler does: data makes recv() return in its own step, 200 times."""
    fd = wire.accepted()
    for n in range(200):
        outcome = wire.start("recv", ("fd", fd), ("length", 100), ("flags", ()))
        assert outcome.idle.blocked == (wire.last,)
        outcome = wire.send(wire.ACK | wire.PSH, b"%d" % n)
        assert return_of(outcome).get("octets") == b"%d" % n
        assert len([event for event in outcome.events if isinstance(event, Sent)]) == 1


def test_cancel(wire: Wire, return_of: ReturnOf) -> None:
    """A cancelled call returns EINTR, and the next one works."""
    fd = wire.listener()
    blocked = wire.start("accept", ("fd", fd)).idle.blocked
    outcome = wire.do(Cancel(blocked[0]))
    assert return_of(outcome).errno == "EINTR"
    assert outcome.idle.blocked == ()
    assert wire.do(Cancel(blocked[0])).events == []
    wire.open()
    assert wire.call("accept", ("fd", fd)).value == 4


def test_advance_without_event_takes_its_time(wire: Wire) -> None:
    """Silence: Advance ends at its moment, not before and not much later."""
    until = wire.stack.now_ns() + 30 * MS
    outcome = wire.do(Advance(until))
    assert outcome.events == []
    assert until <= outcome.idle.now_ns < until + 200 * MS


@pytest.mark.parametrize("timing", [False, True])
def test_advance_stops_at_a_retransmission(
    start: Start, segments_of: Segments, *, timing: bool
) -> None:
    """Data that nobody acknowledges comes again after the RTO, at least 200 ms in Linux."""
    wire = start(timing=timing)
    fd = wire.accepted()
    first = wire.start("send", ("fd", fd), ("octets", b"data"), ("flags", ()))
    outcome = wire.do(Advance(wire.stack.now_ns() + 2000 * MS))
    (again,) = segments_of(outcome)
    assert again.payload == b"data"
    gap_ms = (outcome.events[0].t_ns - first.events[0].t_ns) / MS
    assert 190 < gap_ms < 400
    assert wire.stack.lag_ns() < 200 * MS


def test_kernel_stamps_precede_reading(start: Start) -> None:
    """With timing, an answer's stamp lies between the stimulus and the moment it was read."""
    wire = start(timing=True)
    wire.listener()
    wire.send(wire.SYN)
    before = wire.stack.now_ns()
    outcome = wire.send(wire.ACK, b"early", seq=wire.seq - 5)
    after = outcome.idle.now_ns
    stamps = [event.t_ns for event in outcome.events if isinstance(event, Sent)]
    assert len(stamps) == 1
    assert before <= stamps[0] <= after


def test_advance_stops_at_a_return(wire: Wire, return_of: ReturnOf) -> None:
    """A call that times out by itself ends the wait."""
    fd = wire.accepted()
    option = (("name", "SOL_SOCKET"), ("name", "SO_RCVTIMEO"), ("timeout", 40))
    assert wire.call("setsockopt", ("fd", fd), *option).value == 0
    began = wire.stack.now_ns()
    wire.start("recv", ("fd", fd), ("length", 10), ("flags", ()))
    got = return_of(wire.do(Advance(began + 3000 * MS)))
    assert got.errno == "EAGAIN"
    assert 35 * MS < got.t_ns - began < 500 * MS


def test_garbage_is_no_error(wire: Wire) -> None:
    """What the device refuses is logged, and the stack lives on."""
    wire.listener()
    (event,) = wire.do(Datagram(b"\xff" * 40)).events
    assert isinstance(event, Logged)
    assert "40 octets" in event.text
    wire.open()


@pytest.mark.parametrize("ip", [4, 6])
def test_a_fresh_stack_says_nothing(start: Start, ip: int) -> None:
    """No router solicitation, no multicast report, no duplicate address detection."""
    wire = start(ip)
    assert wire.do(Advance(wire.stack.now_ns() + 300 * MS)).events == []


def test_settings_and_overrides(start: Start, segments_of: Segments) -> None:
    """A named setting changes the new namespace only."""
    plain, changed = start(), start(settings=("no_timestamps", "quickack"))
    for wire, wanted in ((plain, 1), (changed, 0)):
        with wire.stack._made.namespace:
            assert int(Path("/proc/sys/net/ipv4/tcp_timestamps").read_text()) == wanted
    changed.accepted()
    assert len(segments_of(changed.send(changed.ACK, b"x"))) == 1


def test_wrong_settings(target: NamespaceTarget) -> None:
    """An unknown setting, sysctl or value is named."""
    with pytest.raises(ConfigurationError, match="no_such"):
        target.start(StackOptions(settings=("no_such",)))
    with pytest.raises(TargetUnavailableError, match=r"no sysctl net\.ipv4\.nonsense"):
        target.start(StackOptions(overrides={"net.ipv4.nonsense": 1}))
    with pytest.raises(TargetUnavailableError, match="'many' was refused"):
        target.start(StackOptions(overrides={"net.ipv4.tcp_sack": "many"}))


def test_close_from_another_thread_wakes_the_case(wire: Wire) -> None:
    """Closing a stack ends a wait of ten seconds at once; after that it is closed for good."""
    timer = threading.Timer(0.05, wire.stack.close)
    timer.start()
    began = wire.stack.now_ns()
    assert wire.do(Advance(began + 10_000 * MS)).events == []
    assert wire.stack.now_ns() - began < 2000 * MS
    timer.join()
    with pytest.raises(StackFault, match="closed"):
        wire.do(Advance(0))
    wire.stack.close()


def test_close_releases_a_blocked_call(wire: Wire) -> None:
    """A worker that sleeps in accept() goes back to the pool when its stack is closed."""
    fd = wire.listener()
    wire.start("accept", ("fd", fd))
    wire.stack.close()
    assert wire.stack._calls.blocked() == ()


def test_hundred_stacks_wait_at_once(target: NamespaceTarget) -> None:
    """A hundred cases that wait for a retransmission take as long as one."""
    stacks = [target.start(StackOptions()) for _ in range(100)]
    gaps: list[int] = []

    def one(number: int) -> None:
        stack = stacks[number]
        began = stack.now_ns()
        outcome = stack.execute(Advance(began + 300 * MS))
        gaps.append(outcome.idle.now_ns - began)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(100)]
    used = os.times()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    burnt = os.times().user + os.times().system - used.user - used.system
    for stack in stacks:
        stack.close()
    assert len(gaps) == 100
    assert min(gaps) >= 300 * MS
    assert max(gaps) < 1500 * MS
    assert burnt < 1.0


def test_nothing_is_left(
    target: NamespaceTarget, leftovers: Callable[[], tuple[set[str], int]]
) -> None:
    """After close: the same descriptors and threads as before, own processes included."""
    target.close()
    before = leftovers()
    for options in (
        StackOptions(),
        StackOptions(ip=6, timing=True),
        StackOptions(own_process=True),
    ):
        stack = target.start(options)
        stack.execute(ReadStats())
        stack.execute(Advance(stack.now_ns() + 10 * MS))
        stack.close()
    target.close()
    assert leftovers() == before


def test_namespace_that_was_left_empty(start: Start) -> None:
    """A stack that will do with a spare gets the last one's namespace; no other does."""
    first = start(spare=True)
    fd = first.accepted()
    first.call("close", ("fd", fd))
    first.stack.close()
    second = start(spare=True)
    assert second.stack._made is first.stack._made
    second.accepted()
    second.stack.close()
    assert start().stack._made is not first.stack._made
    changed = start(spare=True, settings=("no_timestamps",))
    assert changed.stack._made is not first.stack._made


def test_namespace_with_a_socket_in_it(start: Start) -> None:
    """Whoever left it there; nobody gets that namespace again."""
    first = start(spare=True)
    with first.stack._made.namespace:
        left = socket.create_server((first.local, 81))
    with left:
        first.stack.close()
        assert start(spare=True).stack._made is not first.stack._made


@pytest.mark.parametrize("ip", [4, 6])
def test_time_wait_counts_as_a_socket(start: Start, ip: int) -> None:
    """A connection in TIME-WAIT; the namespace is not empty, and is once it is gone."""
    wire = start(ip)
    fd = wire.accepted()
    assert not has_no_sockets(wire.stack._made.namespace)
    wire.call("close", ("fd", fd))
    wire.call("close", ("fd", 3))
    wire.ack += 1
    wire.send(wire.ACK | wire.FIN)
    assert state_of(wire) == "TIME-WAIT"
    assert not has_no_sockets(wire.stack._made.namespace)
    wire.stack._calls.close()
    wire.stack._destroy_orphans()
    assert has_no_sockets(wire.stack._made.namespace)
