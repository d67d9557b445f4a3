"""What stands in for the app where there is none: a port with echo, discard or chargen behind it.

A case on a target of kind wire talks to the port that is there. What only an application of the
case's own could do makes the case unsupported; the reason begins with what it would take.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NoReturn

from tcpassay.conformance.app import Socket
from tcpassay.conformance.outcome import Unsupported
from tcpassay.core.seq import Seq
from tcpassay.wire import ACK, FIN, PSH, RST, SYN

if TYPE_CHECKING:
    from tcpassay.conformance.app import Pending
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.match import Pattern
    from tcpassay.conformance.numbers import Numbers
    from tcpassay.conformance.peer import Arrival, Connection
    from tcpassay.core.events import Tagged
    from tcpassay.targets.manifest import Manifest
    from tcpassay.wire import Segment

ACCEPTING: Final = "accept events"
CLOSING: Final = "a close call"
STATE: Final = "state reading"
OPENING: Final = "an active open"
SENDING: Final = "text sent by the application"
READING: Final = "text read by the application"
LISTENING: Final = "a listener of its own"
CALLS: Final = "socket calls"
QUIET: Final = "a service that is quiet"
SETTINGS: Final = "settings of the stack"
ADDRESSES: Final = "another address"
#: The backlog of a listener that the case does not care about.
BACKLOG: Final = 5
SEEN: Final = "a capability that the port has not shown"

_NEEDS: Final = "needs "
#: What it takes to make a call.
_FOR_CALL: Final = {
    "accept": ACCEPTING,
    "accept4": ACCEPTING,
    "close": CLOSING,
    "shutdown": CLOSING,
    "_exit": CLOSING,
    "connect": OPENING,
    "send": SENDING,
    "sendmsg": SENDING,
    "recv": READING,
    "recvmsg": READING,
    "bind": LISTENING,
    "listen": LISTENING,
}
#: What it takes to have a capability which the wire does not show.
_FOR_CAPABILITY: Final = {
    "state_probe": STATE,
    "stats": STATE,
    "active_open": OPENING,
    "simultaneous_open": OPENING,
    "half_close": CLOSING,
    "linger": CLOSING,
    **dict.fromkeys(
        (
            "nonblocking",
            "poll",
            "user_timeout",
            "keepalive",
            "nodelay",
            "errno",
            "descriptors",
            "processes",
            "cancel",
            "resolver",
        ),
        CALLS,
    ),
}


def lacks(what: str, why: str) -> str:
    """The reason of an unsupported case: what it would take, and what it was wanted for."""
    return f"{_NEEDS}{what}: {why}"


def what_it_takes(reason: str) -> str | None:
    """The first part of such a reason; None for any other text."""
    begin, colon, _ = reason.partition(": ")
    return begin.removeprefix(_NEEDS) if colon and begin.startswith(_NEEDS) else None


def lacks_capability(manifest: Manifest, need: str) -> str:
    """Why a case that needs this capability cannot be judged on the wire."""
    what = _FOR_CAPABILITY.get(need, SEEN)
    where = "the port" if what is SEEN else "wire-only mode"
    return lacks(what, f"{where} of target {manifest.name} has no {need!r}")


def refuse(what: str, why: str) -> NoReturn:
    """End the case as unsupported."""
    raise Unsupported(lacks(what, why))


def refuse_call(name: str) -> NoReturn:
    """End the case that makes a socket call."""
    refuse(_FOR_CALL.get(name, CALLS), f"no agent makes its {name}()")


def listener(bench: Bench, backlog: int, port: int | None, address: str | None) -> Socket:
    """The listener that is there, for a case that wants any."""
    if port is not None or address is not None:
        refuse(LISTENING, "the case listens at an address or port of its choice")
    if backlog != BACKLOG:
        refuse(LISTENING, f"the case wants a backlog of {backlog}")
    return ServedSocket(bench)


class ServedSocket(Socket):
    """The listener behind the port, or the service's end of a connection."""

    __slots__ = ("conn",)

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.app, -1)
        self.conn: Connection | None = None

    def begin(self, name: str, *_args: Tagged) -> Pending:
        """Nobody makes the call."""
        refuse_call(name)

    def accept(
        self,
        *,
        errno: str | None = None,
        within: float = 1.0,  # noqa: ARG002 - as Socket has it
        requirement: str | None = None,  # noqa: ARG002
    ) -> Socket:
        """The service accepts by itself; where accept() is what the case judges, nobody sees it."""
        if errno is not None or not self.app.bench.is_reaching:
            refuse_call("accept")
        return ServedSocket(self.app.bench)


class Speech:
    """What the service sends on one connection because that is its nature, not the case's wish.

    An echo repeats the peer's text, a chargen talks without end, and all three close after the
    peer's FIN. That may come at any time, so a case must not stumble over it: such text and FIN
    are taken off, and what is left is the bare ACK that a silent application would have drawn.
    Text is acknowledged with whatever the peer sends next; the FIN only by a case that wants it.
    """

    __slots__ = ("_acked", "_closed", "_held", "_let_go", "_said")

    def __init__(self) -> None:
        #: Ranges of numbers that the service has used up, in order and apart from each other.
        self._said: list[tuple[Seq, Seq]] = []
        self._closed = False
        self._held: Arrival | None = None
        self._let_go = False
        self._acked: Seq | None = None

    def peer_sends(self, segment: Segment) -> None:
        """After the peer's FIN the service's own is to be awaited."""
        self._closed = self._closed or bool(segment.flags & FIN)

    def heard(self, numbers: Numbers, arrival: Arrival) -> Arrival | None:
        """The arrival as the case is to see it; None where the service is all that spoke."""
        segment = arrival.segment
        if segment.flags & (SYN | RST) or not segment.flags & ACK or not numbers.heard:
            return arrival
        before, self._acked = self._acked, Seq(segment.ack)
        text = bool(segment.payload)
        fin = self._closed and not self._let_go and bool(segment.flags & FIN)
        if not (text or fin):
            return arrival
        self._note(numbers, segment, fin=fin)
        if fin:
            self._held = arrival
        if not Seq(segment.ack).after(numbers.target.rcv.nxt if before is None else before):
            return None
        bare = segment._replace(flags=segment.flags & ~(PSH | FIN), payload=b"")
        return arrival._replace(datagram=arrival.datagram._replace(body=bare))

    def _note(self, numbers: Numbers, segment: Segment, *, fin: bool) -> None:
        """The service has used these numbers; the peer takes the text, and leaves the FIN."""
        begin = Seq(segment.seq)
        end = begin + len(segment.payload) + fin
        numbers.arrived(segment._replace(flags=PSH))
        if end.after(numbers.target.snd.nxt):
            numbers.target.snd.nxt = end
        if self._said and not begin.after(self._said[-1][1]):
            low, high = self._said[-1]
            self._said[-1] = (low, end if end.after(high) else high)
        else:
            self._said.append((begin, end))

    def level(self, number: int) -> int:
        """A sequence number of the target's, were the service silent: alike means equal.

        A bare ACK sent before the service spoke, and one sent after, are the same to a case.
        """
        for low, high in reversed(self._said):
            if not low.after(Seq(number)) and not Seq(number).after(high):
                return int(low)
        return number

    def levelled(
        self, patterns: tuple[Pattern, ...], segment: Segment
    ) -> tuple[tuple[Pattern, ...], Segment]:
        """Patterns and a segment with their sequence numbers made comparable."""
        if not self._said:
            return patterns, segment
        level = self.level
        wanted = tuple(
            replace(p, seq=level(p.seq)) if isinstance(p.seq, int) else p for p in patterns
        )
        return wanted, segment._replace(seq=level(segment.seq))

    @property
    def spoken(self) -> bool:
        """Whether the service has said anything, its FIN included."""
        return bool(self._said)

    @property
    def closed(self) -> bool:
        """Whether the peer has sent its FIN."""
        return self._closed

    @property
    def holds_fin(self) -> bool:
        """Whether the service's FIN has come and waits for a case that wants it."""
        return self._held is not None

    def released(self) -> Arrival | None:
        """The service's FIN, for a case that wants it now."""
        held, self._held = self._held, None
        self._let_go = True
        return held
