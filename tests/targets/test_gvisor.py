"""gVisor's stack behind its agent: the protocol's Go side, both IP versions, virtual time."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import pytest

from tcpassay.core.clock import NS_PER_S
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.events import (
    Advance,
    Call,
    Cancel,
    Datagram,
    Outcome,
    ReadState,
    Returned,
    Sent,
    StartCall,
    StateRead,
    Tagged,
)
from tcpassay.targets.building import built_folder, is_built
from tcpassay.targets.contract import IpVersion, StackOptions
from tcpassay.targets.protocol import EX_AGENT, Decoder, Frame, Type, encode
from tcpassay.targets.registry import load, open_target
from tcpassay.wire.datagram import Datagram as Packet
from tcpassay.wire.datagram import build, parse
from tcpassay.wire.tcp import ACK, FIN, PSH, SYN, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcpassay.targets.process import ProcessStack

HOSTS: dict[IpVersion, tuple[str, str]] = {
    4: ("192.0.2.1", "192.0.2.2"),
    6: ("2001:db8::1", "2001:db8::2"),
}
START = {
    "seed": 2**64 - 1,
    "ip": 4,
    "addresses": ["192.0.2.1"],
    "peer": "192.0.2.2",
    "prefix": 24,
    "settings": {},
}

pytestmark = pytest.mark.skipif(
    not is_built(load("gvisor")), reason="gvisor is not built: tcpassay targets build gvisor"
)


class Wire:
    """A stack, calls on it, and one connection from port 4000 of the peer to its port 80."""

    def __init__(self, stack: ProcessStack, ip: IpVersion) -> None:
        self.stack = stack
        self.local, self.remote = HOSTS[ip]
        self.family = "AF_INET" if ip == 4 else "AF_INET6"
        self.seq, self.ack, self.calls = 1000, 0, 0

    def begin(self, name: str, *args: Tagged) -> Outcome:
        self.calls += 1
        return self.stack.execute(StartCall(Call(self.calls, 0, name, args)))

    def call(self, name: str, *args: Tagged) -> Returned:
        """A call that returns at once, and well."""
        returned = next(e for e in self.begin(name, *args).events if isinstance(e, Returned))
        assert returned.errno is None
        return returned

    def socket(self) -> int:
        kind = (("flags", ("SOCK_STREAM",)), ("value", 0))
        return self.call("socket", ("name", self.family), *kind).value

    def send(self, flags: int, payload: bytes = b"") -> list[Segment]:
        """A segment arrives; what is sent at once in answer."""
        segment = Segment(4000, 80, self.seq, self.ack, flags, 65535, payload=payload)
        packet = build(Packet.between(self.remote, self.local, segment))
        self.seq += segment.seg_len
        return self.sent(self.stack.execute(Datagram(packet)))

    def sent(self, outcome: Outcome) -> list[Segment]:
        found = [parse(event.octets).body for event in outcome.events if isinstance(event, Sent)]
        segments = [body for body in found if isinstance(body, Segment)]
        for segment in segments:
            self.ack = (segment.seq + segment.seg_len) % 2**32
        return segments

    def open(self) -> int:
        """The descriptor of a connection that the peer has opened."""
        listener = self.socket()
        self.call("bind", ("fd", listener), ("address", (self.local, 80)))
        self.call("listen", ("fd", listener), ("length", 5))
        assert [answer.flags for answer in self.send(SYN)] == [SYN | ACK]
        assert self.send(ACK) == []
        return self.call("accept", ("fd", listener)).value

    def state(self) -> str:
        outcome = self.stack.execute(ReadState((self.local, 80), (self.remote, 4000)))
        return next(event.state for event in outcome.events if isinstance(event, StateRead))


@pytest.fixture
def start() -> Iterator[Callable[..., Wire]]:
    """Starts fresh stacks; all are closed at the end."""
    target, stacks = open_target("gvisor"), []

    def begin(ip: IpVersion = 4, **options: object) -> Wire:
        stack = cast("ProcessStack", target.start(StackOptions(ip=ip, **options)))  # type: ignore[arg-type]
        stacks.append(stack)
        return Wire(stack, ip)

    yield begin
    for stack in stacks:
        stack.close()
    target.close()


def converse(*frames: bytes) -> tuple[list[Frame], int, str]:
    """All that an agent says to these frames, its exit status, and its last words."""
    ours, theirs = socket.socketpair()
    agent = built_folder("gvisor") / "agent"
    with ours:
        with theirs:
            process = subprocess.Popen(
                [agent, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stderr=subprocess.PIPE,
                text=True,
            )
        ours.sendall(b"".join(frames))
        ours.shutdown(socket.SHUT_WR)
        said = b""
        try:
            while octets := ours.recv(1 << 16):
                said += octets
        except ConnectionResetError:
            pass
    _, words = process.communicate(timeout=10)
    return Decoder().feed(said), process.returncode, words


def start_frame(**changed: object) -> bytes:
    return encode(Type.START, 0, 0, json.dumps(START | changed).encode())


def test_end_of_file_ends_the_agent() -> None:
    """HELLO, START, and the tester goes; HELLO and IDLE, nothing sent by itself, exit status 0."""
    frames, status, words = converse(start_frame())
    assert ([frame.type for frame in frames], status, words) == ([Type.HELLO, Type.IDLE], 0, "")
    hello = json.loads(frames[0].body)
    assert (hello["protocol"], hello["clock"]) == (1, "virtual")
    assert hello["version"][0].isdigit()


@pytest.mark.parametrize(
    "frame",
    [
        b"\0\0\0\3\3\0\0",
        b"\0\x20\0\0" + bytes(7),
        encode(Type.IDLE, 1, 0, b"{}"),
        b"\0\0\0\7\x0b" + bytes(6),
        start_frame(),
        encode(Type.CALL, 1, 0, b"{"),
        encode(Type.CALL, 1, 0, b'{"id":1,"args":[]}'),
        encode(Type.CALL, 1, 0, b'{"id":1,"name":"bind","args":[["fd"]]}'),
        encode(Type.CALL, 1, 0, b'{"id":1,"name":"close","args":[]}'),
        encode(Type.CALL, 1, 0, b'{"id":1,"name":"close","args":[["fd","x"]]}'),
        encode(Type.ADVANCE, 1, 0, b"{}"),
        encode(Type.SPAWN, 1, 1, b'{"fork_of":null,"user":null}'),
    ],
    ids=[
        "short-length", "long-length", "an-agents-type", "unknown-type", "start-twice", "no-json",
        "no-name", "torn-argument", "argument-missing", "argument-of-another-type", "no-until",
        "no-processes",
    ],
)  # fmt: skip
def test_odd_frame_ends_the_agent(frame: bytes) -> None:
    """A frame that version 1 does not have; exit status 70 and one line that tells why."""
    _, status, words = converse(start_frame(), frame)
    assert status == EX_AGENT
    assert words.startswith("agent: ")
    assert words.count("\n") == 1


def test_first_frame_is_start() -> None:
    """An ADVANCE in place of START; exit status 70."""
    assert converse(encode(Type.ADVANCE, 0, 0, b'{"until_ns":1}'))[1:] == (
        EX_AGENT,
        "agent: the first frame has type 0x05 and step 0, wanted START, 0\n",
    )


def test_unknown_setting_is_refused(start: Callable[..., Wire]) -> None:
    """A setting that is none of the stack's options; told as such."""
    with pytest.raises(ConfigurationError, match=r"unknown.*Volume"):
        start(overrides={"Volume": 11})


@pytest.mark.parametrize("ip", [4, 6])
def test_echo(start: Callable[..., Wire], ip: IpVersion) -> None:
    """Handshake, text both ways, both FINs; each answered in the step that brings it."""
    wire = start(ip)
    fd = wire.open()
    reading = wire.begin("recv", ("fd", fd), ("length", 100), ("flags", ()))
    assert (reading.events, reading.idle.blocked) == ([], (wire.calls,))
    answers = wire.stack.execute(
        Datagram(
            build(
                Packet.between(
                    wire.remote,
                    wire.local,
                    Segment(4000, 80, wire.seq, wire.ack, ACK | PSH, 65535, payload=b"hello"),
                )
            )
        )
    )
    wire.seq += 5
    assert [e.out for e in answers.events if isinstance(e, Returned)] == [(("octets", b"hello"),)]
    assert [segment.ack for segment in wire.sent(answers)] == [wire.seq]
    echo = wire.begin("send", ("fd", fd), ("octets", b"hello"), ("flags", ()))
    assert [segment.payload for segment in wire.sent(echo)] == [b"hello"]
    assert [segment.ack for segment in wire.send(ACK | FIN)] == [wire.seq]
    last = wire.sent(wire.begin("close", ("fd", fd)))
    assert [segment.flags & FIN for segment in last] == [FIN]
    assert wire.state() == "LAST-ACK"
    wire.send(ACK)
    assert wire.state() == "CLOSED"


def test_cancelled_call_returns(start: Callable[..., Wire]) -> None:
    """recv() that waits is cancelled; EINTR, and nothing is blocked any more."""
    wire = start()
    wire.begin("recv", ("fd", wire.open()), ("length", 1), ("flags", ()))
    outcome = wire.stack.execute(Cancel(wire.calls))
    assert [event.errno for event in outcome.events if isinstance(event, Returned)] == ["EINTR"]
    assert outcome.idle.blocked == ()


def test_call_that_it_does_not_know(start: Callable[..., Wire]) -> None:
    """A call without a name in the agent; ENOSYS-AGENT."""
    (event,) = start().begin("gai_strerror", ("name", "EAI_AGAIN")).events
    assert isinstance(event, Returned)
    assert event.errno == "ENOSYS-AGENT"


def test_time_stands_still_but_in_advance(start: Callable[..., Wire]) -> None:
    """120 s and two hours without work; both in a moment, and the keep-alive probe is on time."""
    wire = start()
    fd = wire.open()
    option = (("name", "SOL_SOCKET"), ("name", "SO_KEEPALIVE"), ("value", 1))
    wire.call("setsockopt", ("fd", fd), *option)
    began, origin = time.monotonic(), wire.stack.now_ns()
    quiet = wire.stack.execute(Advance(origin + 120 * NS_PER_S))
    assert (quiet.events, quiet.idle.now_ns) == ([], origin + 120 * NS_PER_S)
    expected = (wire.ack - 1) % 2**32
    probe = wire.stack.execute(Advance(origin + 3 * 3600 * NS_PER_S))
    assert [segment.seq for segment in wire.sent(probe)] == [expected]
    assert probe.idle.now_ns - origin == 7200 * NS_PER_S
    assert time.monotonic() - began < 2


def test_advance_stops_at_each_retransmission(start: Callable[..., Wire]) -> None:
    """Text that nobody acknowledges; an ADVANCE ends at each copy, the deadline tells the next."""
    wire = start()
    text = wire.begin("send", ("fd", wire.open()), ("octets", b"x"), ("flags", ()))
    copies = [text.idle.now_ns]
    for _ in range(4):
        outcome = wire.stack.execute(Advance(copies[-1] + 3600 * NS_PER_S))
        assert [segment.payload for segment in wire.sent(outcome)] == [b"x"]
        copies.append(outcome.idle.now_ns)
        assert (outcome.idle.next_deadline_ns or 0) > copies[-1]
    gaps = [later - earlier for earlier, later in pairwise(copies)]
    assert gaps == sorted(gaps)


def test_same_seed_same_octets(start: Callable[..., Wire]) -> None:
    """Two stacks with one seed and one with another; the first two send the same octets."""

    def transcript(seed: int) -> list[bytes]:
        wire = start(seed=seed)
        sent: list[bytes] = []
        fd = wire.open()
        for outcome in (
            wire.begin("send", ("fd", fd), ("octets", bytes(5000)), ("flags", ())),
            wire.stack.execute(Advance(wire.stack.now_ns() + 60 * NS_PER_S)),
            wire.begin("connect", ("fd", wire.socket()), ("address", (wire.remote, 7))),
        ):
            sent += [event.octets for event in outcome.events if isinstance(event, Sent)]
        return sent

    first = transcript(2**63 + 7)
    assert len(first) > 5
    assert transcript(2**63 + 7) == first
    assert transcript(8) != first
