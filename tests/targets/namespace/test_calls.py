"""POSIX calls on the running kernel, in the tester's process and in processes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import AgentFault, StackFault
from tcpassay.core.events import (
    Advance,
    Cancel,
    Exited,
    Kill,
    Returned,
    Sent,
    Signalled,
    Spawn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Outcome
    from tcpassay.wire.tcp import Segment
    from tests.targets.namespace.conftest import Wire

    Start = Callable[..., Wire]
    Segments = Callable[[Outcome], list[Segment]]
    ReturnOf = Callable[[Outcome], Returned]

MS = 1_000_000
OPTION = {
    "error": (("name", "SOL_SOCKET"), ("name", "SO_ERROR")),
    "linger": (("name", "SOL_SOCKET"), ("name", "SO_LINGER")),
    "receive time-out": (("name", "SOL_SOCKET"), ("name", "SO_RCVTIMEO")),
    "nodelay": (("name", "IPPROTO_TCP"), ("name", "TCP_NODELAY")),
    "congestion": (("name", "IPPROTO_TCP"), ("name", "TCP_CONGESTION")),
    "info": (("name", "IPPROTO_TCP"), ("name", "TCP_INFO")),
}


def test_unknown_call_and_constant(wire: Wire) -> None:
    """A call that nobody knows is ENOSYS-AGENT; a constant that nobody knows is our fault."""
    assert wire.call("splice", ("fd", 3)).errno == "ENOSYS-AGENT"
    assert wire.call("_exit", ("value", 0)).errno == "ENOSYS-AGENT"
    with pytest.raises(AgentFault, match="AF_NOWHERE"):
        wire.start("socket", ("name", "AF_NOWHERE"), ("flags", ()), ("value", 0))
    with pytest.raises(AgentFault, match=r"listen\(\): argument 'length'"):
        wire.start("listen", ("fd", 3))
    for length in (-1, 1 << 40):
        with pytest.raises(AgentFault, match="receive of"):
            wire.start("recv", ("fd", 3), ("length", length), ("flags", ()))
    with pytest.raises(AgentFault, match="setsockopt"):
        wire.start("setsockopt", ("fd", 3), *OPTION["nodelay"], ("value", 1 << 40))
    with pytest.raises(AgentFault, match="no IP socket address"):
        wire.start("bind", ("fd", 3), ("address", ("stack", 80)))


@pytest.mark.parametrize("fd", [0, 1, 3, 99, -1])
def test_foreign_descriptors_are_out_of_reach(wire: Wire, fd: int) -> None:
    """A number that the app has not opened is EBADF, whatever the tester has there."""
    assert wire.call("close", ("fd", fd)).errno == "EBADF"
    assert wire.call("recv", ("fd", fd), ("length", 1), ("flags", ())).errno == "EBADF"
    assert wire.call("accept", ("fd", fd)).errno == "EBADF"


def test_descriptor_numbers(wire: Wire) -> None:
    """Numbers begin at 3 and the lowest free one is taken; F_DUPFD starts where it is told."""
    assert [wire.socket() for _ in range(3)] == [3, 4, 5]
    assert wire.call("close", ("fd", 4)).value == 0
    assert wire.call("dup", ("fd", 5)).value == 4
    assert wire.call("fcntl", ("fd", 5), ("name", "F_DUPFD"), ("value", 20)).value == 20
    assert wire.socket() == 6


def test_addresses(start: Start) -> None:
    """The name calls give addresses; a short length is reported, not filled."""
    for ip in (4, 6):
        wire = start(ip)
        fd = wire.accepted()
        assert wire.call("getsockname", ("fd", fd)).get("address") == (wire.local, 80)
        assert wire.call("getpeername", ("fd", fd)).get("address") == (wire.remote, 4000)
        short = wire.call("getsockname", ("fd", fd), ("length", 4))
        assert (short.value, short.get("length")) == (0, 16 if ip == 4 else 28)
        assert wire.call("getpeername", ("fd", 3)).errno == "ENOTCONN"


def test_options(wire: Wire) -> None:
    """Options of every form go in and come out again."""
    fd = wire.accepted()
    for name, value in (
        ("linger", ("linger", (1, 5))),
        ("receive time-out", ("timeout", 1500)),
        ("nodelay", ("value", 1)),
        ("congestion", ("octets", b"reno")),
    ):
        assert wire.call("setsockopt", ("fd", fd), *OPTION[name], value).value == 0
        assert wire.call("getsockopt", ("fd", fd), *OPTION[name]).get(value[0]) == value[1]
    error = wire.call("getsockopt", ("fd", fd), *OPTION["error"])
    assert (error.get("value"), error.get("name")) == (0, "")
    info = wire.call("getsockopt", ("fd", fd), *OPTION["info"]).get("state")
    assert isinstance(info, dict)
    assert info["state"] == "ESTABLISHED"
    assert (info["tcpi_snd_mss"], info["tcpi_snd_wnd"]) == (536, 65535)


def test_flags_and_ioctl(wire: Wire) -> None:
    """O_NONBLOCK through fcntl and FIONBIO; queue lengths through ioctl."""
    fd = wire.accepted()
    wire.call("fcntl", ("fd", fd), ("name", "F_SETFL"), ("flags", ("O_NONBLOCK",)))
    flags = wire.call("fcntl", ("fd", fd), ("name", "F_GETFL")).get("flags")
    assert flags == ("O_NONBLOCK", "O_RDWR")
    assert wire.call("recv", ("fd", fd), ("length", 1), ("flags", ())).errno == "EAGAIN"
    wire.call("ioctl", ("fd", fd), ("name", "FIONBIO"), ("value", 0))
    wire.send(wire.ACK, b"abc")
    assert wire.call("ioctl", ("fd", fd), ("name", "FIONREAD")).get("value") == 3
    wire.call("send", ("fd", fd), ("octets", b"12345"), ("flags", ()))
    assert wire.call("ioctl", ("fd", fd), ("name", "SIOCOUTQ")).get("value") == 5


def test_messages(wire: Wire, segments_of: Segments) -> None:
    """A sendmsg and a recvmsg carry the same octets; MSG_PEEK leaves them."""
    fd = wire.accepted()
    out = wire.start("sendmsg", ("fd", fd), ("octets", b"hello"), ("flags", ()))
    assert [each.payload for each in segments_of(out)] == [b"hello"]
    wire.send(wire.ACK, b"world")
    for flags in (("MSG_PEEK",), ()):
        got = wire.call("recvmsg", ("fd", fd), ("length", 10), ("flags", flags))
        assert (got.get("octets"), got.get("flags")) == (b"world", ())


def test_poll_and_select(wire: Wire, return_of: ReturnOf) -> None:
    """Readiness by name; a blocked poll returns with the data, a bad descriptor is told."""
    fd = wire.accepted()
    pollfds = (("pollfds", ((fd, ("POLLIN", "POLLOUT")), (77, ("POLLIN",)))), ("timeout", -1))
    ready = wire.call("poll", *pollfds)
    assert ready.get("pollfds") == ((fd, ("POLLOUT",)), (77, ("POLLNVAL",)))
    sets = (("fds", (fd,)), ("fds", ()), ("fds", ()), ("timeout", -1))
    outcome = wire.start("select", *sets)
    assert outcome.idle.blocked == (wire.last,)
    selected = return_of(wire.send(wire.ACK, b"x"))
    assert (selected.value, selected.get("fds")) == (1, (fd,))
    assert wire.call("select", ("fds", (77,)), *sets[1:]).errno == "EBADF"
    wire.call("recv", ("fd", fd), ("length", 1), ("flags", ()))
    wire.start("poll", ("pollfds", ((fd, ("POLLIN",)),)), ("timeout", 20))
    timed_out = return_of(wire.do(Advance(wire.stack.now_ns() + 2000 * MS)))
    assert (timed_out.value, timed_out.errno) == (0, None)


def test_waitall_blocks_until_all_is_there(wire: Wire, return_of: ReturnOf) -> None:
    """MSG_WAITALL with a part of the data waits for the rest."""
    fd = wire.accepted()
    wire.send(wire.ACK, b"abc")
    outcome = wire.start("recv", ("fd", fd), ("length", 6), ("flags", ("MSG_WAITALL",)))
    assert outcome.idle.blocked == (wire.last,)
    assert return_of(wire.send(wire.ACK, b"def")).get("octets") == b"abcdef"


def test_send_larger_than_the_buffer_blocks(wire: Wire, return_of: ReturnOf) -> None:
    """A send that does not fit blocks, and a cancel tells how much had gone in."""
    fd = wire.accepted()
    size = 8_000_000
    outcome = wire.start("send", ("fd", fd), ("octets", bytes(size)), ("flags", ()))
    assert outcome.idle.blocked == (wire.last,)
    assert len([event for event in outcome.events if isinstance(event, Sent)]) == 10
    got = return_of(wire.do(Cancel(wire.last)))
    assert got.errno is None
    assert 0 < got.value < size


def test_connect_refused(wire: Wire, return_of: ReturnOf, segments_of: Segments) -> None:
    """A blocked connect() returns ECONNREFUSED in the step of the reset."""
    fd = wire.socket()
    address = ("address", (wire.remote, wire.port))
    wire.call("bind", ("fd", fd), ("address", (wire.local, 80)))
    (syn,) = segments_of(wire.start("connect", ("fd", fd), address))
    wire.take(syn)
    assert return_of(wire.send(wire.RST | wire.ACK)).errno == "ECONNREFUSED"


def test_sigpipe_of_a_guest(wire: Wire) -> None:
    """EPIPE comes with SIGPIPE unless MSG_NOSIGNAL was asked for (POSIX, send())."""
    fd = wire.accepted()
    assert wire.call("shutdown", ("fd", fd), ("name", "SHUT_WR")).value == 0
    outcome = wire.start("send", ("fd", fd), ("octets", b"x"), ("flags", ()))
    signal, got = outcome.events
    assert isinstance(signal, Signalled)
    assert isinstance(got, Returned)
    assert (signal.signal, got.errno) == ("SIGPIPE", "EPIPE")
    quiet = wire.call("send", ("fd", fd), ("octets", b"x"), ("flags", ("MSG_NOSIGNAL",)))
    assert quiet.errno == "EPIPE"


def test_negative_backlog_reaches_the_kernel(wire: Wire, segments_of: Segments) -> None:
    """listen(-1) means the largest backlog in Linux, not none."""
    wire.listener(backlog=-1)
    for port in range(4000, 4010):
        wire.port, wire.seq = port, 1000
        assert len(segments_of(wire.send(wire.SYN))) == 1


def test_own_process(start: Start, return_of: ReturnOf) -> None:
    """A fresh process: descriptors from 3, blocking calls, SIGPIPE as a real signal."""
    wire = start(own_process=True)
    fd = wire.listener(process=1)
    assert fd == 3
    outcome = wire.start("accept", ("fd", fd), process=1)
    assert outcome.idle.blocked == (wire.last,)
    wire.send(wire.SYN)
    got = return_of(wire.send(wire.ACK))
    assert (got.process, got.value) == (1, 4)
    wire.call("shutdown", ("fd", 4), ("name", "SHUT_WR"), process=1)
    outcome = wire.start("send", ("fd", 4), ("octets", b"x"), ("flags", ()), process=1)
    assert [type(event) for event in outcome.events if not isinstance(event, Sent)] == [
        Signalled,
        Returned,
    ]


def test_fork_and_kill(start: Start, segments_of: Segments, return_of: ReturnOf) -> None:
    """A fork shares the connection: killing one leaves it, killing both closes it."""
    wire = start(own_process=True)
    fd = wire.accepted(process=1)
    wire.do(Spawn(2, fork_of=1))
    assert wire.call("getpeername", ("fd", fd), process=2).errno is None
    (gone,) = wire.do(Kill(1)).events
    assert gone == Exited(gone.t_ns, 1, -9)
    wire.start("recv", ("fd", fd), ("length", 10), ("flags", ()), process=2)
    assert return_of(wire.send(wire.ACK, b"still here")).value == 10
    outcome = wire.do(Kill(2))
    assert [segment.flags & wire.FIN for segment in segments_of(outcome)] == [wire.FIN]


def test_wait_with_own_process(start: Start, segments_of: Segments, return_of: ReturnOf) -> None:
    """Advance watches the TUN, the agent and calls of process 0 alike."""
    wire = start(own_process=True)
    fd = wire.accepted(process=1)
    option = (("name", "SOL_SOCKET"), ("name", "SO_RCVTIMEO"), ("timeout", 30))
    wire.call("setsockopt", ("fd", fd), *option, process=1)
    wire.start("recv", ("fd", fd), ("length", 1), ("flags", ()), process=1)
    assert return_of(wire.do(Advance(wire.stack.now_ns() + 3000 * MS))).errno == "EAGAIN"
    wire.start("poll", ("pollfds", ()), ("timeout", 30))
    assert return_of(wire.do(Advance(wire.stack.now_ns() + 3000 * MS))).value == 0
    wire.start("send", ("fd", fd), ("octets", b"again"), ("flags", ()), process=1)
    (again,) = segments_of(wire.do(Advance(wire.stack.now_ns() + 3000 * MS)))
    assert again.payload == b"again"
    until = wire.stack.now_ns() + 30 * MS
    assert wire.do(Advance(until)).idle.now_ns >= until


def test_unprivileged_process(start: Start) -> None:
    """A process of another user may not bind a privileged port."""
    wire = start(own_process=True)
    wire.do(Spawn(2, user=65534))
    fd = wire.socket(process=2)
    refused = wire.call("bind", ("fd", fd), ("address", (wire.local, 80)), process=2)
    assert refused.errno == "EACCES"
    outcome = wire.start("accept", ("fd", fd), process=2)
    assert [event.errno for event in outcome.events if isinstance(event, Returned)] == ["EINVAL"]


def test_spawn_starts_the_agent_when_first_needed(start: Start) -> None:
    """Process 1 can be had without own_process."""
    wire = start()
    assert wire.socket() == 3
    assert wire.do(Spawn(1)).events == []
    assert wire.socket(process=1) == 3
    wire.do(Spawn(2))
    assert wire.socket(process=2) == 3


def test_closing_twice_with_own_process(start: Start) -> None:
    """A second close() finds the descriptors gone, and touches none that has their number now."""
    wire = start(own_process=True)
    wire.stack.close()
    wire.stack.close()
    with pytest.raises(StackFault, match="closed"):
        wire.do(Kill(1))
