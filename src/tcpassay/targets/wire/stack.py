"""The one stack on the wire, as a case sees it: what comes for the ports that the case has used.

There is no fresh stack for a case: each gets ports of its own, and what it leaves open is reset.
"""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import suppress
from queue import Empty
from typing import TYPE_CHECKING, Final

from tcpassay.core.clock import NS_PER_S, RealClock
from tcpassay.core.errors import StackFault
from tcpassay.core.events import (
    Advance,
    Datagram,
    Idle,
    Logged,
    Outcome,
    ReadState,
    ReadStats,
    Returned,
    Sent,
    StartCall,
    StateRead,
    StatsRead,
)
from tcpassay.core.mailbox import Mailbox
from tcpassay.targets.bursts import one_by_one
from tcpassay.wire import (
    ACK,
    RST,
    SYN,
    Icmp,
    IPv4,
    IPv6,
    ParseError,
    Segment,
    build,
    parse,
)
from tcpassay.wire import (
    Datagram as IpDatagram,
)
from tcpassay.wire.connections import quote_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.clock import ClockKind
    from tcpassay.core.events import Command, StackEvent
    from tcpassay.targets.wire.link import WireLink

#: Ports of the peer's: none below, and every other one, for cases that use the next one as well.
FIRST_PORT: Final = 16_384
_PORTS: Final = (65_534 - FIRST_PORT) // 2
_TCP: Final = 6
#: Octets of an IP header, TTL and checksum among them, that routers change.
_CHANGING: Final = 12


class Exchange:
    """Shares a link among the stacks of one target, by the peer's ports.

    What comes for a port that nobody uses any more is answered with a reset, as a host would.
    """

    def __init__(self, link: WireLink, settle_ns: int) -> None:
        self.link = link
        self.settle_ns = settle_ns
        start = time.time_ns() // 1_000_000 % _PORTS  # Not those of the run before.
        self._ports = itertools.count(start)
        self._users: dict[int, WireStack] = {}
        self._open: set[WireStack] = set()
        self._lock = threading.Lock()
        link.hear(self._heard)

    def fresh_port(self) -> int:
        """A port that no case has used in this run, for 24,000 or so."""
        return FIRST_PORT + 2 * (next(self._ports) % _PORTS)

    def claim(self, port: int, stack: WireStack) -> None:
        """What comes for this port is the stack's."""
        with self._lock:
            self._users[port] = stack

    def release(self, stack: WireStack) -> None:
        """Its ports are nobody's."""
        with self._lock:
            self._open.discard(stack)
            self._users = {port: user for port, user in self._users.items() if user is not stack}

    def _heard(self, t_ns: int, octets: bytes) -> None:
        try:
            body = parse(octets).body
        except ParseError:
            body = None
        self._lagged(time.monotonic_ns() - t_ns)
        segment = body if isinstance(body, Segment) else None
        user = self._addressee(body)
        if user is not None:
            user.take(t_ns, octets, segment)
        elif segment is not None:
            self._refuse(octets, segment)

    def _addressee(self, body: object) -> WireStack | None:
        """Whose a datagram is: by the port, for an ICMP message by what it quotes.

        What shows neither is that of the only case there is.
        """
        with self._lock:
            if isinstance(body, Segment):
                return self._users.get(body.dport)
            if isinstance(body, Icmp):
                quote = quote_of(body.data)
                if quote is not None and quote.sport in self._users:
                    return self._users[quote.sport]
                for stack in self._open:
                    if stack.has_sent(body.data):
                        return stack
            return next(iter(self._open)) if len(self._open) == 1 else None

    def _lagged(self, lag_ns: int) -> None:
        with self._lock:
            for stack in self._open:
                stack.max_lag_ns = max(stack.max_lag_ns, lag_ns)

    def enter(self, stack: WireStack) -> None:
        """A case begins."""
        with self._lock:
            self._open.add(stack)

    def _refuse(self, octets: bytes, segment: Segment) -> None:
        """Reset what belongs to no case any more (RFC 9293, 3.10.7.1)."""
        if segment.flags & RST:
            return
        ip = parse(octets).ip
        if segment.flags & ACK:
            answer = self.reset(ip.dst, ip.src, segment.dport, segment.sport, segment.ack)
        else:
            ack = (segment.seq + segment.seg_len) % 2**32
            answer = self.reset(ip.dst, ip.src, segment.dport, segment.sport, 0, ack)
        with suppress(OSError):
            self.link.send(answer)

    @staticmethod
    def reset(
        src: str, dst: str, sport: int, dport: int, seq: int, ack: int | None = None
    ) -> bytes:
        """A reset from the peer."""
        flags = RST if ack is None else RST | ACK
        segment = Segment(sport, dport, seq, ack or 0, flags, 0)
        header = IPv6(src, dst, next_header=_TCP) if ":" in src else IPv4(src, dst, protocol=_TCP)
        return build(IpDatagram(header, segment))


class WireStack:
    """What one case has to do with the target; honours `tcpassay.targets.contract.Stack`.

    Nobody can see the target idle: it counts as idle once nothing has come for `settle_ns` of the
    exchange, which is several of its round trips.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._clock = RealClock()
        self._arrivals: Mailbox[Sent | None] = Mailbox()
        #: The last ACK number of the target by tuple: what a reset has to carry.
        self._alive: dict[tuple[str, str, int, int], int] = {}
        self._claimed: set[int] = set()
        self.max_lag_ns = 0
        self._odd: list[bytes] = []
        self._closing = False
        exchange.enter(self)

    @property
    def clock_kind(self) -> ClockKind:
        """A real target's time is real."""
        return "real"

    def now_ns(self) -> int:
        """Nanoseconds since the case began."""
        return self._clock.now_ns()

    def lag_ns(self) -> int:
        """How late the link's reader was at worst while this case ran."""
        return self.max_lag_ns

    def fresh_port(self) -> int:
        """A port of the peer's from which the target knows nothing."""
        port = self._exchange.fresh_port()
        self._claimed.add(port)
        self._exchange.claim(port, self)
        return port

    def take(self, t_ns: int, octets: bytes, segment: Segment | None) -> None:
        """A datagram has come for this case; called by the link's reader."""
        if segment is not None:
            self._note(octets, segment)
        self._arrivals.put(Sent(max(0, self._clock.from_monotonic(t_ns)), octets))

    def has_sent(self, quote: bytes) -> bool:
        """Whether an ICMP message quotes a datagram of this case's that shows no port."""
        behind = quote[_CHANGING:]
        return any(octets.startswith(behind) or behind.startswith(octets) for octets in self._odd)

    def execute(self, command: Command) -> Outcome:
        """One step. Raises StackFault once the stack was closed."""
        if self._closing:
            raise StackFault("the connection to the target has been closed")
        events: list[StackEvent] = []
        match command:
            case Datagram(octets):
                self._deliver(octets, events)
                self._settle(events)
            case Advance(until_ns):
                self._wait(until_ns, events)
            case StartCall(call):
                now = self._clock.now_ns()
                events.append(Returned(now, call.id, call.process, -1, "ENOSYS-AGENT"))
            case ReadState():
                events.append(StateRead(self._clock.now_ns(), "UNKNOWN", {}))
            case ReadStats():
                events.append(StatsRead(self._clock.now_ns(), {}))
            case _:
                pass  # No process, and no call that waits.
        return Outcome(events, Idle(self._clock.now_ns(), None, ()))

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]:
        """A burst, command by command."""
        return one_by_one(self.execute, commands, into)

    def close(self) -> None:
        """Reset what the case has left open, and give its ports back; may be called twice."""
        if self._closing:
            return
        self._closing = True
        self._arrivals.put(None)
        self._exchange.release(self)
        for (own, target, sport, dport), ack in tuple(self._alive.items()):
            with suppress(OSError):
                self._exchange.link.send(Exchange.reset(own, target, sport, dport, ack))

    def _deliver(self, octets: bytes, events: list[StackEvent]) -> None:
        port = _source_port(octets)
        if port is None:
            self._odd.append(octets[_CHANGING:])
        elif port not in self._claimed:
            self._claimed.add(port)
            self._exchange.claim(port, self)
        try:
            self._exchange.link.send(octets)
        except OSError as error:
            text = f"the device refused a datagram of {len(octets)} octets: {error.strerror}"
            events.append(Logged(self._clock.now_ns(), text))

    def _settle(self, events: list[StackEvent]) -> None:
        """Until nothing has come for a while."""
        while True:
            before = len(events)
            self._wait(self._clock.now_ns() + self._exchange.settle_ns, events)
            if len(events) == before:
                return

    def _wait(self, until_ns: int, events: list[StackEvent]) -> None:
        """Until something has come, which is taken with all that came with it."""
        left_ns = until_ns - self._clock.now_ns()
        try:
            arrival = self._arrivals.get(left_ns / NS_PER_S)
            while arrival is not None:
                events.append(arrival)
                arrival = self._arrivals.get_nowait()
        except Empty:
            return

    def _note(self, octets: bytes, segment: Segment) -> None:
        """Remember how a reset of this connection has to look."""
        ip = parse(octets).ip
        flow = (ip.dst, ip.src, segment.dport, segment.sport)
        if segment.flags & RST:
            return  # It may refuse one segment and keep the connection (RFC 9293, 3.10.7.4).
        if segment.flags & ACK:
            self._alive[flow] = segment.ack
        elif segment.flags & SYN:
            self._alive.setdefault(flow, 0)


def _source_port(octets: bytes) -> int | None:
    """The port that a datagram of the peer's comes from, if it shows one."""
    try:
        body = parse(octets).body
    except ParseError:
        return None
    return body.sport if isinstance(body, Segment) else None
