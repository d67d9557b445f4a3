"""A fresh stack and the few commands that the questions of `steps` are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.events import Call, Datagram, Returned, Sent, StartCall
from tcpassay.targets.contract import StackOptions
from tcpassay.wire import SYN, IPv4, IPv6, MaximumSegmentSize, Segment, build
from tcpassay.wire import Datagram as IpDatagram

if TYPE_CHECKING:
    from tcpassay.core.events import Command, Idle, StackEvent, Tagged
    from tcpassay.targets.contract import IpVersion, Stack, Target
    from tcpassay.targets.manifest import Manifest

#: A seed has 64 bits, and no sign.
_SEED = 2**63 + 5
#: Where the stack is asked to listen, where nobody does, and the peer's own port.
OPEN_PORT, CLOSED_PORT, PEER_PORT = 8080, 9, 40001


class Session:
    """One stack of a target; a call is told by its id, as in IDLE."""

    def __init__(self, target: Target, *, seed: int = _SEED) -> None:
        self.manifest: Manifest = target.manifest
        self.ip: IpVersion = 4 if self.manifest.ipv4 else 6
        self.stack: Stack = target.start(StackOptions(seed=seed, ip=self.ip))
        self.events: list[StackEvent] = []
        self.idle: Idle | None = None
        self._last_call = 0

    @property
    def now_ns(self) -> int:
        """The stack's clock."""
        return self.stack.now_ns()

    @property
    def blocked(self) -> tuple[int, ...]:
        """The calls that the last IDLE has named."""
        return self.idle.blocked if self.idle is not None else ()

    def execute(self, command: Command) -> list[StackEvent]:
        """Give one command; what came of it. Raises StackFault, AgentFault."""
        outcome = self.stack.execute(command)
        self.idle = outcome.idle
        self.events += outcome.events
        return outcome.events

    def call(self, name: str, *args: Tagged) -> int:
        """Start a call; its id."""
        self._last_call += 1
        self.execute(StartCall(Call(self._last_call, 0, name, args)))
        return self._last_call

    def returned(self, call: int) -> Returned | None:
        """What a call has returned, so far."""
        for event in self.events:
            if isinstance(event, Returned) and event.call == call:
                return event
        return None

    def value(self, name: str, *args: Tagged) -> int | None:
        """What a call returns at once; None where it fails or waits."""
        got = self.returned(self.call(name, *args))
        return None if got is None or got.errno is not None else got.value

    def listen(self) -> int | None:
        """A listener's descriptor; None where it cannot be had."""
        family = "AF_INET" if self.ip == 4 else "AF_INET6"
        fd = self.value("socket", ("name", family), ("flags", ("SOCK_STREAM",)), ("value", 0))
        if fd is None:
            return None
        address = ("0.0.0.0" if self.ip == 4 else "::", OPEN_PORT)  # noqa: S104 - in the target
        for name, argument in (("bind", ("address", address)), ("listen", ("length", 5))):
            if self.value(name, ("fd", fd), argument) is None:
                return None
        return fd

    def waiting_call(self) -> int | None:
        """A call that has nothing to return yet: accept(), or a poll() that is a sleep."""
        fd = self.listen()
        names: list[tuple[str, tuple[Tagged, ...]]] = [("poll", (("pollfds", ()), ("timeout", -1)))]
        if fd is not None:
            names.insert(0, ("accept", (("fd", fd),)))
        for name, args in names:
            call = self.call(name, *args)
            if self.returned(call) is None:
                return call
        return None

    def syn(self, port: int) -> bytes:
        """A peer's SYN."""
        addresses = self.manifest.needed_addresses(self.ip)
        options = (MaximumSegmentSize(1460),)
        body = Segment(PEER_PORT, port, 0x1000_0000, 0, SYN, 65535, options=options)
        network = IPv4 if self.ip == 4 else IPv6
        return build(IpDatagram(network(addresses.peer, addresses.stack[0]), body))

    def sent_for(self, octets: bytes) -> list[bytes]:
        """The datagrams that the stack sends on receiving one."""
        events = self.execute(Datagram(octets))
        return [event.octets for event in events if isinstance(event, Sent)]
