"""Which connection a datagram belongs to, and where that connection's numbers start.

A connection is a tuple of addresses and ports, and an incarnation: the same tuple may be opened
again. A SYN with another number starts a new incarnation where the stack takes it: a SYN of the
stack answers it, or the stack sends one of its own accord. (A blind SYN on an open connection,
RFC 5961, 4, is answered with an ACK and starts nothing, even where the same SYN comes again later
and is taken.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING, Literal, NamedTuple

from tcpassay.core.seq import MODULUS, distance
from tcpassay.wire.datagram import Datagram, parse
from tcpassay.wire.errors import ParseError
from tcpassay.wire.icmp import Icmp, is_error
from tcpassay.wire.ipv4 import parse_ipv4
from tcpassay.wire.ipv6 import parse_ipv6
from tcpassay.wire.options import Timestamps
from tcpassay.wire.tcp import ACK, PROTOCOL_TCP, SYN, Segment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.core.trace import Entry

Base = Literal["peer.iss", "stack.iss", "peer.ts0", "stack.ts0"]
Ends = tuple[str, int, str, int]

ABSOLUTE = "absolute"
#: How far a connection may plausibly have come, in octets or ticks.
_SHORTLY = 1 << 20
_QUOTE = Struct("!HHI")


class Conn(NamedTuple):
    """Both ends from the stack's point of view, and which incarnation of them, from 1."""

    local: str
    local_port: int
    remote: str
    remote_port: int
    incarnation: int

    @property
    def ends(self) -> Ends:
        """The tuple without the incarnation."""
        return self[:4]


class Number(NamedTuple):
    """A number as the distance from a base; `offset` may be negative.

    `base` is one of the four bases of a connection, "port(k)" or "absolute".
    """

    base: str
    offset: int


class Bound(NamedTuple):
    """A base's value, and the trace entry that showed it."""

    value: int
    n: int


@dataclass(slots=True)
class Connection:
    """One incarnation and the bases that its segments have shown so far.

    `tag` counts tuples from 1, in the order in which they appear; `since` is its first entry.
    """

    conn: Conn
    tag: int
    since: int = 0
    bases: dict[Base, Bound] = field(default_factory=dict)

    def bind(self, base: Base, value: int, n: int) -> None:
        """Bind a base where it is not bound yet."""
        if base not in self.bases:
            self.bases[base] = Bound(value, n)

    def number(self, base: Base, value: int, n: int) -> Number:
        """`value` as seen from a base, if entry `n` comes no sooner than the base is known.

        Zero stays zero unless the base lies shortly before it: a reset for a segment without ACK
        (RFC 9293, 3.5.2) and an unused TSecr hold a zero that counts from nothing.
        """
        bound = self.bases.get(base)
        if bound is None or n < bound.n:
            return Number(ABSOLUTE, int(value))
        offset = distance(int(value), bound.value)
        if value == 0 and not 0 <= offset < _SHORTLY:
            return Number(ABSOLUTE, 0)
        return Number(base, offset)

    def offset(self, base: Base, value: int, n: int) -> int:
        """`number` for a reader: modulo 2^32, and small negative distances as negatives."""
        offset = self.number(base, value, n).offset
        return offset if offset > -(1 << 16) else offset % MODULUS


class Seen(NamedTuple):
    """A datagram of the trace: `datagram` None where it cannot be parsed."""

    from_stack: bool
    datagram: Datagram | None
    connection: Connection | None
    error: str = ""


class Quote(NamedTuple):
    """What an ICMP error says of the segment it quotes; `start` is where the TCP header begins."""

    src: str
    sport: int
    dst: str
    dport: int
    seq: int
    start: int
    six: bool


@dataclass(slots=True)
class _Tuple:
    tag: int
    current: Connection
    members: list[int] = field(default_factory=list)
    candidate: Bound | None = None
    refused: bool = False


class Connections:
    """Sorts datagrams, given in the order of the trace, into connections."""

    def __init__(self) -> None:
        self.seen: dict[int, Seen] = {}
        self.all: list[Connection] = []
        self._tuples: dict[Ends, _Tuple] = {}

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Connections:
        """The connections of a whole trace."""
        out = cls()
        for entry in entries:
            if entry.kind in ("send", "receive") and isinstance(entry.data, bytes):
                out.see(entry.n, entry.data, from_stack=entry.kind == "receive")
        return out

    def see(self, n: int, octets: bytes, *, from_stack: bool) -> Seen:
        """Take the datagram of entry `n`."""
        try:
            datagram = parse(octets)
        except ParseError as error:
            seen = Seen(from_stack, None, None, str(error))
        else:
            seen = Seen(from_stack, datagram, self._connection(n, datagram, from_stack))
        self.seen[n] = seen
        return seen

    def current(self, ends: Ends) -> Connection | None:
        """The latest incarnation of a tuple."""
        known = self._tuples.get(ends)
        return known.current if known else None

    def at(self, ends: Ends, n: int) -> Connection | None:
        """The incarnation of a tuple to which entry `n` belongs."""
        latest = None
        for connection in self.all:
            if connection.conn.ends == ends and connection.since <= n:
                latest = connection
        return latest

    def _connection(self, n: int, datagram: Datagram, from_stack: bool) -> Connection | None:
        body, ip = datagram.body, datagram.ip
        if isinstance(body, Segment):
            if from_stack:
                ends = (ip.src, body.sport, ip.destination, body.dport)
            else:
                ends = (ip.dst, body.dport, ip.src, body.sport)
            return self._segment(n, ends, body, from_stack)
        if isinstance(body, Icmp) and is_error(ip.version, body.type):
            quote = quote_of(body.data)
            if quote is not None:
                return self.current(quote_ends(quote, from_stack=from_stack))
        return None

    def _segment(self, n: int, ends: Ends, segment: Segment, from_stack: bool) -> Connection:
        known = self._tuples.get(ends)
        if known is None:
            connection = Connection(Conn(*ends, 1), len(self._tuples) + 1, n)
            self.all.append(connection)
            known = self._tuples[ends] = _Tuple(connection.tag, connection)
        if segment.flags & SYN:
            if from_stack:
                self._stack_syn(n, known, segment)
            else:
                self._peer_syn(n, known, segment)
        elif from_stack:
            known.refused = True
        known.members.append(n)
        connection = known.current
        for option in segment.options:
            if isinstance(option, Timestamps):
                connection.bind("stack.ts0" if from_stack else "peer.ts0", option.tsval, n)
        return connection

    def _peer_syn(self, n: int, known: _Tuple, segment: Segment) -> None:
        bound = known.current.bases.get("peer.iss")
        if bound is None:
            known.current.bind("peer.iss", segment.seq, n)
        elif bound.value != segment.seq and (
            known.refused or known.candidate is None or known.candidate.value != segment.seq
        ):
            known.candidate, known.refused = Bound(segment.seq, n), False

    def _stack_syn(self, n: int, known: _Tuple, segment: Segment) -> None:
        candidate = known.candidate
        acks = segment.ack if segment.flags & ACK else None
        if candidate is not None and acks == (candidate.value + 1) % MODULUS:
            self._reopen(known, candidate.n)
            known.current.bind("peer.iss", candidate.value, candidate.n)
        else:
            old = known.current
            iss, peer = old.bases.get("stack.iss"), old.bases.get("peer.iss")
            if iss is not None and iss.value != segment.seq:
                self._reopen(known, n)
                if peer is not None and acks == (peer.value + 1) % MODULUS:
                    known.current.bind("peer.iss", peer.value, peer.n)
        known.current.bind("stack.iss", segment.seq, n)

    def _reopen(self, known: _Tuple, since: int) -> None:
        """Start the next incarnation; what came since entry `since` belongs to it."""
        old = known.current.conn
        conn = old._replace(incarnation=old.incarnation + 1)
        known.current = Connection(conn, known.tag, since)
        known.candidate = None
        self.all.append(known.current)
        moved = [n for n in known.members if n >= since]
        known.members = moved
        for n in moved:
            seen = self.seen[n] = self.seen[n]._replace(connection=known.current)
            body = seen.datagram.body if seen.datagram else None
            for option in body.options if isinstance(body, Segment) else ():
                if isinstance(option, Timestamps):
                    side: Base = "stack.ts0" if seen.from_stack else "peer.ts0"
                    known.current.bind(side, option.tsval, n)


def quote_ends(quote: Quote, *, from_stack: bool) -> Ends:
    """The tuple that a quote is about; what the stack sends quotes the peer, and vice versa."""
    if from_stack:
        return quote.dst, quote.dport, quote.src, quote.sport
    return quote.src, quote.sport, quote.dst, quote.dport


def quote_of(octets: bytes) -> Quote | None:
    """The TCP segment that an ICMP error quotes, from as little as 8 octets of it."""
    try:
        six = octets[:1] >= b"\x60"
        ip, start, _ = parse_ipv6(octets) if six else parse_ipv4(octets)
    except ParseError:
        return None
    if ip.upper_protocol != PROTOCOL_TCP or start + 8 > len(octets) or ip.is_fragment:
        return None
    sport, dport, seq = _QUOTE.unpack_from(octets, start)
    return Quote(ip.src, sport, ip.dst, dport, seq, start, six)
