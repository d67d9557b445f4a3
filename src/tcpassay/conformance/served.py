"""What stands in for the app where there is none: a port with echo, discard or chargen behind it.

A case on a target of kind wire talks to the port that is there. What only an application of the
case's own could do makes the case unsupported; the reason begins with what it would take.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NoReturn

from tcpassay.conformance.app import Pending, Socket
from tcpassay.conformance.match import ANY
from tcpassay.conformance.outcome import Unsupported
from tcpassay.core.events import Call, Returned
from tcpassay.core.seq import Seq
from tcpassay.wire import ACK, FIN, PSH, RST, SYN

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.match import Pattern
    from tcpassay.conformance.numbers import Numbers
    from tcpassay.conformance.peer import Arrival, Connection
    from tcpassay.core.events import Tagged
    from tcpassay.core.trace import Entry
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
ROOM: Final = "a link with a larger MTU"
QUIET: Final = "a service that is quiet"
SETTINGS: Final = "settings of the stack"
ADDRESSES: Final = "another address"
#: The backlog of a listener that the case does not care about.
BACKLOG: Final = 5
SEEN: Final = "a capability that the port has not shown"

ECHO: Final = "echo"
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


def check_size(octets: bytes, mtu: int) -> None:
    """A datagram that the link does not carry is one that the target never sees."""
    if len(octets) > mtu:
        refuse(ROOM, f"a datagram of {len(octets)} octets, where the link carries {mtu}")


def listener(bench: Bench, backlog: int, port: int | None, address: str | None) -> Socket:
    """The listener that is there, for a case that wants any."""
    if port is not None or address is not None:
        refuse(LISTENING, "the case listens at an address or port of its choice")
    if backlog != BACKLOG:
        refuse(LISTENING, f"the case wants a backlog of {backlog}")
    return ServedSocket(bench)


#: Seconds that a call may take where the case names none.
WITHIN_S = 1.0


class ServedSocket(Socket):
    """The listener behind the port, or the service's end of a connection.

    An echo gives back what it is told, so through it the peer can have text sent and see what was
    read: `send` and `recv` without flags. Every other call is one that nobody makes.
    """

    __slots__ = ("conn", "proved")

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.app, -1)
        self.conn: Connection | None = None
        #: Whether text has shown that an application has this connection.
        self.proved = False

    def begin(self, name: str, *_args: Tagged) -> Pending:
        """Nobody makes the call."""
        refuse_call(name)

    def accept(
        self,
        *,
        errno: str | None = None,
        within: float = WITHIN_S,
        requirement: str | None = None,
    ) -> Socket:
        """The service accepts by itself; where that is judged, text has to come back later on."""
        bench = self.app.bench
        echo = bench.served is not None and bench.served.service == ECHO
        if errno is not None or not (echo or bench.is_reaching):
            refuse_call("accept")
        self._refuse_own_judgement("accept", within, requirement)
        made = ServedSocket(bench)
        made.conn = bench.only_connection()
        if not bench.is_reaching:
            bench.accepted.append(made)
        return made

    def send(
        self,
        data: bytes,
        *flags: str,
        errno: str | tuple[str, ...] | None = None,
        value: object = ANY,
        within: float = WITHIN_S,
        requirement: str | None = None,
    ) -> int:
        """The peer says it first; the echo that comes is the case's to expect."""
        if flags or errno is not None or value is not ANY:
            refuse_call("send")
        self._refuse_own_judgement("send", within, requirement)
        self._echo("send").have_said(data)
        return len(data)

    def recv(
        self,
        length: int,
        *flags: str,
        want: bytes | object = ANY,
        errno: str | tuple[str, ...] | None = None,
        within: float = 1.0,
        requirement: str | None = None,
    ) -> bytes:
        """What the service has read is what it has sent back."""
        if flags or errno is not None:
            refuse_call("recv")
        conn = self._echo("recv")
        got = conn.read_echo(length, len(want) if isinstance(want, bytes) else 1, within)
        if isinstance(want, bytes):
            self.app.bench.check(
                got, want, "text that the echo gives back", requirement=requirement
            )
        return got

    def begin_recv(self, length: int, *flags: str) -> Pending:
        """A reading that the echo shows."""
        if flags:
            refuse_call("recv")
        self._echo("recv")
        return EchoReading(self, length)

    def _refuse_own_judgement(self, name: str, within: float, requirement: str | None) -> None:
        """Nobody sees the service's call return: neither requirement nor deadline can be judged."""
        if not self.app.bench.is_reaching and (requirement is not None or within != WITHIN_S):
            refuse_call(name)

    def _echo(self, name: str) -> Connection:
        """The connection, where an echo is behind the port."""
        served = self.app.bench.served
        if self.conn is None or served is None or served.service != ECHO:
            refuse_call(name)
        self.proved = True
        return self.conn


class EchoReading(Pending):
    """A recv() that the service is about to make: blocked until text comes back."""

    __slots__ = ("_length", "_socket")

    def __init__(self, socket: ServedSocket, length: int) -> None:
        super().__init__(socket.app.bench, Call(0, 0, "recv", ()))
        self._socket = socket
        self._length = length

    def expect_return(
        self,
        value: object = ANY,
        *,
        errno: str | tuple[str, ...] | None = None,
        octets: bytes | object = ANY,
        out: tuple[Tagged, ...] | object = ANY,
        after: float = 0.0,
        within: float = 1.0,
        since: Entry | None = None,
        requirement: str | None = None,
    ) -> Returned:
        """Text comes back, and is what was wanted."""
        if errno is not None or out is not ANY or after or since is not None:
            refuse_call("recv")
        if value == 0 and octets is ANY:
            octets = b""
        got = self._socket.recv(self._length, want=octets, within=within, requirement=requirement)
        now = self.bench.now_ns
        return Returned(now, 0, 0, len(got), None, (("octets", got),))

    def expect_blocked(self, *, requirement: str | None = None) -> None:
        """Nothing has come back."""
        conn = self._socket.conn
        got = b"" if conn is None else conn.read_echo(self._length, 0, 0.0)
        self.bench.check(got, b"", "text that the echo gives back", requirement=requirement)

    def cancel(self) -> None:
        """Nobody can."""
        refuse_call("recv")


class Speech:
    """What the service sends on one connection because that is its nature, not the case's wish.

    An echo repeats the peer's text, a chargen talks without end, and all three close after the
    peer's FIN. That may come at any time, so a case must not stumble over it: such text and FIN
    are taken off, and what is left is the bare ACK that a silent application would have drawn.
    Text is acknowledged with whatever the peer sends next; the FIN only by a case that wants it.
    """

    __slots__ = (
        "_acked",
        "_asked",
        "_closed",
        "_held",
        "_let_go",
        "_prompt_end",
        "_prompting",
        "_said",
        "_told",
        "_top",
        "_wanted",
        "unread",
        "window",
    )

    def __init__(self) -> None:
        #: Ranges of numbers that the service has used up, in order and apart from each other.
        self._said: list[tuple[Seq, Seq]] = []
        self._closed = False
        self._held: Arrival | None = None
        self._let_go = False
        self._acked: Seq | None = None
        self._top: Seq | None = None
        #: Octets that the case has asked for and that have not come; ranges of those that have.
        self._wanted = 0
        self._asked: list[tuple[Seq, Seq]] = []
        self._prompt_end: Seq | None = None
        #: Text of the service's own, in order, that no case has looked at.
        self.unread = bytearray()
        self.window = 0
        self._prompting = False
        #: Whether the peer has sent text that was no prompt.
        self._told = False

    def ask(self, octets: int, end: Seq) -> None:
        """The next so many octets are what the case wants; the peer's prompt for it ends at `end`.

        The bare ACK of the prompt is none of the case's affair.
        """
        self._wanted += octets
        self._prompt_end = end
        self._prompting = True

    @property
    def can_be_asked(self) -> bool:
        """Whether text can be had: not after a FIN, nor while an echo waits behind a window."""
        return not self._closed and (self.window > 0 or not self._told)

    def covers(self, number: Seq) -> Seq:
        """What the peer acknowledges where it has acknowledged up to `number`, and all speech."""
        for low, high in self._said:
            if not low.after(number) and high.after(number):
                return high
        return number

    def peer_sends(self, segment: Segment, nxt: Seq) -> None:
        """After the peer's FIN the service's own is to be awaited.

        The window that counts is that of the last segment which was due, up to `nxt`.
        """
        if Seq(segment.seq) + segment.seg_len == nxt:
            self.window = segment.window
        self._told = self._told or (bool(segment.payload) and not self._prompting)
        self._prompting = False
        self._closed = self._closed or bool(segment.flags & FIN)

    def heard(self, numbers: Numbers, arrival: Arrival) -> Arrival | None:
        """The arrival as the case is to see it; None where the service is all that spoke."""
        segment = arrival.segment
        if segment.flags & (SYN | RST) or not segment.flags & ACK or not numbers.heard:
            return arrival
        before, self._acked = self._acked, Seq(segment.ack)
        text = bool(segment.payload)
        if text and self._is_asked_for(segment):
            return arrival
        if not segment.seg_len and self._prompt_end == self._acked != before:
            numbers.arrived(segment)
            return None
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

    def _is_asked_for(self, segment: Segment) -> bool:
        """Whether text is what the case has had said, now or again."""
        begin = Seq(segment.seq)
        end = begin + len(segment.payload)
        fresh = self._top is None or end.after(self._top)
        if fresh and self._wanted:
            self._wanted = max(0, self._wanted - len(segment.payload))
            self._asked.append((begin, end))
            self._top = end
            return True
        if fresh:
            new = len(segment.payload) if self._top is None else end.distance(self._top)
            self.unread += segment.payload[-new:]
            self._top = end
            return False
        return any(not low.after(begin) and high.after(begin) for low, high in self._asked)

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
