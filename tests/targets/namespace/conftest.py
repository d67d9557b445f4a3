"""Stacks of the running kernel for tests, with a peer that builds segments."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tcpassay.core.content import content_root
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.core.events import Call, Command, Datagram, Outcome, Returned, Sent, StartCall, Tagged
from tcpassay.targets.contract import IpVersion, StackOptions
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.namespace.stack import NamespaceStack
from tcpassay.targets.namespace.target import NamespaceTarget
from tcpassay.wire.datagram import Datagram as Packet
from tcpassay.wire.datagram import build, parse
from tcpassay.wire.tcp import ACK, FIN, PSH, RST, SYN, Segment

LINUX = content_root() / "targets" / "linux"
HOSTS: dict[IpVersion, tuple[str, str]] = {
    4: ("192.0.2.1", "192.0.2.2"),
    6: ("2001:db8::1", "2001:db8::2"),
}


class Wire:
    """One stack, calls on it, and one connection from the peer's port `port` to port 80."""

    SYN, ACK, FIN, RST, PSH = SYN, ACK, FIN, RST, PSH

    def __init__(self, stack: NamespaceStack, ip: IpVersion, port: int = 4000) -> None:
        self.stack = stack
        self.local, self.remote = HOSTS[ip]
        self.family = "AF_INET" if ip == 4 else "AF_INET6"
        self.port = port
        self.seq = 1000
        self.ack = 0
        self._call = 0

    def do(self, command: Command) -> Outcome:
        return self.stack.execute(command)

    def start(self, name: str, *args: Tagged, process: int = 0) -> Outcome:
        """Begin a call; `last` is its number."""
        self._call += 1
        return self.do(StartCall(Call(self._call, process, name, args)))

    @property
    def last(self) -> int:
        return self._call

    def call(self, name: str, *args: Tagged, process: int = 0) -> Returned:
        """A call that returns at once."""
        return returned(self.start(name, *args, process=process))

    def socket(self, process: int = 0) -> int:
        made = self.call(
            "socket",
            ("name", self.family),
            ("flags", ("SOCK_STREAM",)),
            ("value", 0),
            process=process,
        )
        assert made.errno is None
        return made.value

    def listener(self, backlog: int = 5, process: int = 0) -> int:
        fd = self.socket(process)
        bound = self.call("bind", ("fd", fd), ("address", (self.local, 80)), process=process)
        assert bound.errno is None
        assert self.call("listen", ("fd", fd), ("length", backlog), process=process).value == 0
        return fd

    def send(self, flags: int, data: bytes = b"", *, seq: int | None = None) -> Outcome:
        """A segment of the peer's at `seq` (default: the next), acknowledging all so far."""
        segment = Segment(
            self.port, 80, self.seq if seq is None else seq, self.ack, flags, 65535, payload=data
        )
        outcome = self.do(Datagram(build(Packet.between(self.remote, self.local, segment))))
        if seq is None:
            self.seq += segment.seg_len
        for reply in segments(outcome):
            self.take(reply)
        return outcome

    def take(self, reply: Segment) -> None:
        if reply.seg_len:
            self.ack = (reply.seq + reply.seg_len) % 2**32

    def open(self) -> None:
        (reply,) = segments(self.send(SYN))
        assert reply.flags == SYN | ACK
        assert segments(self.send(ACK)) == []

    def accepted(self, process: int = 0) -> int:
        """Listen, shake hands, accept; the connection's descriptor."""
        fd = self.listener(process=process)
        self.open()
        got = self.call("accept", ("fd", fd), process=process)
        assert got.errno is None
        assert got.get("address") == (self.remote, self.port)
        return got.value


def segments(outcome: Outcome) -> list[Segment]:
    """The TCP segments that the stack sent."""
    bodies = [parse(event.octets).body for event in outcome.events if isinstance(event, Sent)]
    return [body for body in bodies if isinstance(body, Segment)]


def returns(outcome: Outcome) -> list[Returned]:
    return [event for event in outcome.events if isinstance(event, Returned)]


def returned(outcome: Outcome) -> Returned:
    (only,) = returns(outcome)
    return only


@pytest.fixture(scope="session")
def _permitted() -> None:
    target = NamespaceTarget(load_manifest(LINUX))
    try:
        target.start(StackOptions()).close()
    except TargetUnavailableError as refusal:
        pytest.skip(str(refusal))
    finally:
        target.close()


@pytest.fixture
def target(_permitted: None) -> Iterator[NamespaceTarget]:
    target = NamespaceTarget(load_manifest(LINUX))
    yield target
    target.close()


@pytest.fixture
def start(target: NamespaceTarget) -> Iterator[Callable[..., Wire]]:
    """Starts a stack with the options given; all are closed at the end."""
    stacks: list[NamespaceStack] = []

    def begin(ip: IpVersion = 4, *, own_process: bool = False, **options: object) -> Wire:
        asked = StackOptions(ip=ip, own_process=own_process, **options)  # type: ignore[arg-type]
        stacks.append(target.start(asked))
        return Wire(stacks[-1], ip)

    yield begin
    for stack in stacks:
        stack.close()


@pytest.fixture
def wire(start: Callable[..., Wire]) -> Wire:
    """A fresh IPv4 stack."""
    return start()


@pytest.fixture
def segments_of() -> Callable[[Outcome], list[Segment]]:
    return segments


@pytest.fixture
def return_of() -> Callable[[Outcome], Returned]:
    return returned


@pytest.fixture
def leftovers() -> Callable[[], tuple[set[str], int]]:
    """What this process holds: where its descriptors lead, and how many threads it has."""

    def look() -> tuple[set[str], int]:
        held = set()
        for fd in Path("/proc/self/fd").iterdir():
            try:
                held.add(f"{fd.name} {fd.readlink()}")
            except FileNotFoundError:
                continue
        return held, threading.active_count()

    return look
