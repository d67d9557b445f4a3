"""The peer's segments: which connection each is for, and what it makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.predictor import several
from tcpassay.fuzz.predictor.arrivals import (
    ASK,
    AT_ONCE,
    GRACE,
    LIMITED,
    MAYBE,
    QUICK,
    SILENCE,
    SOON,
    advance,
    arrives,
)
from tcpassay.fuzz.predictor.connection import DEFAULT_MSS, Connection
from tcpassay.fuzz.predictor.ledger import Ledger
from tcpassay.fuzz.predictor.names import flags_named, in_order_named, segment_named
from tcpassay.fuzz.predictor.segments import (
    NO_OPTIONS,
    Fields,
    Options,
    fields,
    options_of,
    unchecked,
    whole,
)
from tcpassay.model.answers import Answer
from tcpassay.model.oracle.hypothesis import NEVER
from tcpassay.model.oracle.oracle import _damaged, _plain
from tcpassay.model.tcb import HALF, MASK, SYNCHRONIZED, offset
from tcpassay.wire import (
    ACK,
    AE,
    CWR,
    ECE,
    FIN,
    RST,
    SYN,
    URG,
    Icmp,
    ParseError,
    Segment,
    parse,
)
from tcpassay.wire.connections import quote_of

if TYPE_CHECKING:
    from tcpassay.fuzz.predictor.sockets import Socket

#: Control bits that change what a SYN,ACK is taken for.
_BUT_PSH = FIN | SYN | RST | ACK | URG
#: All but PSH of the twelve bits.
_BUT_PUSH = 0xFF7
#: States in which there is no connection.
_UNCONNECTED = frozenset({"CLOSED", "LISTEN"})


class Inbound(Ledger):
    """Takes what the peer sends."""

    # -- segments of the peer's ------------------------------------------------------------------

    def arrives(self, octets: bytes, now: int, n: int) -> None:
        """A datagram of the peer's."""
        found = fields(octets, strict=True)
        if found is None:
            self._odd(octets, now, n)
            return
        key, seq, ack, control, window, size, end, start = found
        conn = self._inbound.get(key)
        self.touched = conn
        if (
            conn is None
            or seq != conn.rcv_nxt
            or control & _BUT_PUSH != ACK
            or start != end
            or not conn.completed
            or conn.special
            or not self._in_order(conn, seq, ack, window, size, now)
        ):
            self._segment(octets, found, now, n)
        elif size:
            conn.came.append((seq, (seq + size) & MASK))
            _takes_text(conn, seq, ACK, octets[end:])

    def _in_order(
        self, conn: Connection, seq: int, ack: int, window: int, size: int, now: int
    ) -> bool:
        """The usual segment, where it changes no state: in order, and nothing behind a hole.

        What `_segment` would do with it, and False where it has to.
        """
        una, wide, state = conn.snd_una, conn.rcv_wnd, conn.state
        if (
            (state != "ESTABLISHED" and (size or state != "CLOSE-WAIT"))
            or conn.several is not None
            or conn.ts_recent is not None
            or size > wide
            or not wide
            or (size and (conn.held or conn.fin is not None or conn.read != "open"))
        ):
            return False
        new = False
        if ack != una:
            if ack != conn.snd_nxt or (ack - una) & MASK >= HALF:
                return False
            new = True
            conn.resent_at, conn.retry_gap, conn.retries, conn.doubts = now, 0, 0, 0
        elif una != conn.snd_nxt:
            if (una - conn.snd_nxt) & MASK < HALF:
                return False
            conn.doubts += 1
        if conn.peer_scale and conn.stack_scale is not None:
            window <<= conn.peer_scale
        self._wait_from = 0
        self.triples.append((state, in_order_named(new, size, window), "none"))
        if seq != conn.snd_wl1 or ack != conn.snd_wl2 or window != conn.snd_wnd:
            advance(conn, seq, ack, window)
        if size:
            conn.rcv_nxt = (seq + size) & MASK
            conn.rcv_wnd = wide - size
            conn.credit += 1
            by = now + self._delay
            if by < conn.ack_by:
                conn.ack_by = by
                self.due_at = min(self.due_at, by)
            if not conn.listed:
                conn.listed = True
                self.owing.append(conn)
        return True

    def _segment(  # noqa: C901, PLR0915 - all in one, as it is done for nearly every segment
        self, octets: bytes, found: Fields, now: int, n: int
    ) -> None:
        key, seq, ack, control, window, size, end, start = found
        conn = self._inbound.get(key)
        fresh = conn is None
        if conn is None:
            conn = self._meets(key)
        flags = control & 0x1FF
        options = NO_OPTIONS
        if start != end:
            options = options_of(octets[start:end])
            conn.special = conn.special or options.signed
        if conn.special and self._is_special(conn, options, octets, flags, n):
            return
        if flags & SYN:
            conn = self._hears_syn(key, conn, options, octets[end : end + size], flags)
        elif conn.peer_scale and conn.stack_scale is not None:
            window <<= conn.peer_scale
        state: str = conn.state
        listener = None
        if state == "CLOSED" and self.listeners:
            listener = self.listener(conn)
            if listener is not None:
                state = "LISTEN"
        self._wait_from = 0
        named = segment_named(conn, seq, ack, flags, window, size)
        self.triples.append((state, named, "none"))
        una = conn.snd_una
        made = ASK
        if conn.several is None and conn.bound:
            if state in QUICK:
                if conn.ts_recent is None:
                    made = arrives(conn, seq, ack, flags, window, size, now)
                else:
                    made = self._stamped(conn, options, seq, ack, flags, window, size, now)
            elif state == "SYN-SENT" and flags & _BUT_PSH == SYN | ACK and not size:
                made = self._synchronized(conn, options, seq, ack, window, now)
            elif listener is not None and flags == SYN and not size:
                if not fresh:
                    conn.forget()
                self._opens(conn, listener, options, seq, ack, window, now)
                made = SILENCE
            elif state in _UNCONNECTED:
                made = self._unconnected(conn, options, state, seq, ack, flags, window, size, now)
        if made == ASK:
            self._asks(conn, octets, found, options, flags, now)
        elif made:
            self._owes_ack(conn, made, now)
        if una != conn.snd_nxt:
            if conn.snd_una == una:
                conn.doubts += 1
            else:
                conn.progresses(now)
        if not conn.completed and conn.state in SYNCHRONIZED:
            conn.completed = n
        length = size + (flags & FIN) + (flags >> 1 & 1)
        if length:
            conn.came.append((seq, (seq + length) & MASK))
        if size or flags & URG:
            _takes_text(conn, seq, flags, octets[end : end + size])

    def _is_special(
        self, conn: Connection, options: Options, octets: bytes, flags: int, n: int
    ) -> bool:
        """Whether nothing is said of a segment and what answers it."""
        if conn.elsewhere or conn.nowhere:
            self.hears("CLOSED", "to nobody" if conn.elsewhere else "from nowhere")
            return True
        if options.signed:
            conn.opaque = conn.special = True
        if conn.opaque:
            self.hears(conn.state, f"{flags_named(flags)} of an opaque connection")
        elif conn.echoes and _marked(octets):
            self.refuse(n, "a mark of congestion")
        return conn.opaque

    def _hears_syn(
        self, key: bytes, conn: Connection, options: Options, text: bytes, flags: int
    ) -> Connection:
        """What a SYN says of the options, and of which connection."""
        if not flags & ACK and conn.completed and _over(conn):
            conn = self._renewed(key, conn)
        conn.syn, conn.syn_text = options, text
        conn.echoes = flags & (ACK | ECE | CWR | AE) == ECE | CWR and conn.state == "CLOSED"
        conn.special = conn.special or conn.echoes
        return conn

    def _owes_ack(self, conn: Connection, made: int, now: int) -> None:
        if made == GRACE:
            conn.grace, by = 1, 0
        else:
            conn.credit += 1
            if made == MAYBE or (made == LIMITED and self._throttled(now)):
                return
            by = now + self._delay if made == SOON else now
            conn.ack_by = min(conn.ack_by, by)
        self.due_at = min(self.due_at, by)
        if not conn.listed:
            conn.listed = True
            self.owing.append(conn)

    def _stamped(
        self,
        conn: Connection,
        options: Options,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        size: int,
        now: int,
    ) -> int:
        """RFC 7323, 5.3, where both ends have agreed on timestamps."""
        recent = conn.ts_recent
        if options.stamps is None or recent is None:
            if flags & (SYN | RST):
                return arrives(conn, seq, ack, flags, window, size, now)
            return ASK if conn.state == "SYN-RECEIVED" else SILENCE
        by = ((options.stamps[0] - recent + HALF) & MASK) - HALF
        if by < 0:
            if flags & RST:
                return arrives(conn, seq, ack, flags, window, size, now)
            return AT_ONCE if size else LIMITED
        if not by or ((seq - conn.last_ack + HALF) & MASK) > HALF:
            return arrives(conn, seq, ack, flags, window, size, now)
        at = (seq - conn.rcv_nxt) & MASK
        least = 1 if conn.state == "SYN-RECEIVED" else -conn.max_snd_wnd
        noted = (
            at < conn.rcv_wnd
            and flags & (SYN | RST | ACK) == ACK
            and offset(ack, conn.snd_una) >= least
            and offset(ack, conn.iss) > 0
            and offset(ack, conn.snd_nxt) <= 0
        )
        if not noted:
            return ASK
        made = arrives(conn, seq, ack, flags, window, size, now)
        if made != ASK:
            conn.ts_recent = options.stamps[0]
        return made

    def _synchronized(
        self, conn: Connection, options: Options, seq: int, ack: int, window: int, now: int
    ) -> int:
        """SYN-SENT: the SYN,ACK that has been waited for (3.10.7.3)."""
        if ack != conn.snd_nxt:
            return ASK
        self._takes_options(conn, options)
        conn.state, conn.since, conn.snd_una = "ESTABLISHED", now, ack
        conn.irs, conn.rcv_nxt = seq, (seq + 1) & MASK
        conn.snd_wnd = conn.max_snd_wnd = window
        conn.snd_wl1, conn.snd_wl2 = seq, ack
        conn.ts_recent = options.stamps[0] if conn.ts_offered and options.stamps else None
        return AT_ONCE

    def _unconnected(
        self,
        conn: Connection,
        options: Options,
        state: str,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        size: int,
        now: int,
    ) -> int:
        """CLOSED and LISTEN (3.10.7.1, 3.10.7.2); ASK where there is more than one way."""
        listening = state == "LISTEN"
        if listening and flags & (SYN | ACK | RST) == SYN:
            listener = self.listener(conn)
            if size or flags & FIN or listener is None:
                return ASK
            conn.forget()
            self._opens(conn, listener, options, seq, ack, window, now)
            return SILENCE
        ended = not listening and (conn.fin_taken or conn.told == "ended")
        conn.forget()
        conn.since, conn.told = now, "ended" if ended else ""
        if flags & RST or (listening and not flags & ACK):
            return SILENCE
        if flags & ACK:
            conn.due = Answer("rst", (ack,))
        else:
            length = size + (flags & FIN) + (flags >> 1 & 1)
            conn.due = Answer("rst", (0,), ((seq + length) & MASK,))
        conn.due_by = now
        self.owes(conn)
        return SILENCE

    def _opens(
        self,
        conn: Connection,
        listener: Socket,
        options: Options,
        seq: int,
        ack: int,
        window: int,
        now: int,
    ) -> None:
        """A SYN for a listener, on a connection with no number known: SYN-RECEIVED."""
        self._takes_options(conn, options)
        full = listener.full
        listener.made.append(conn)
        conn.accepted = False
        conn.state, conn.since, conn.bound = "SYN-RECEIVED", now, False
        conn.irs, conn.rcv_nxt = seq, (seq + 1) & MASK
        conn.snd_wnd = conn.max_snd_wnd = window
        conn.snd_wl1, conn.snd_wl2 = seq, ack
        conn.ts_recent = options.stamps[0] if options.stamps else None
        conn.due = Answer("syn-ack", (), (conn.rcv_nxt,))
        conn.due_by = NEVER if full else now
        self.owes(conn)

    def _takes_options(self, conn: Connection, options: Options) -> None:
        conn.mss = options.mss or DEFAULT_MSS[conn.ip]
        conn.peer_scale = None if options.scale is None else min(options.scale, 14)

    def _asks(
        self,
        conn: Connection,
        octets: bytes,
        found: Fields,
        options: Options,
        flags: int,
        now: int,
    ) -> None:
        """What is rare: the model says what may be true behind it."""
        segment = whole(octets, found)
        if segment is None:
            return
        if flags & SYN:
            if all(h.tcb.state in {"CLOSED", "SYN-SENT"} or not h.bound for h in conn.ways()):
                self._takes_options(conn, options)
        elif conn.peer_scale and conn.stack_scale is not None:
            segment = segment._replace(window=segment.window << conn.peer_scale)
        listener = self.listener(conn)
        closed = conn.state == "CLOSED"
        ways = several.after(
            conn,
            segment,
            now,
            self._slack,
            listening=listener is not None,
            time_wait=self._limits.time_wait,
            throttled=lambda: self._throttled(now),
        )
        if listener is not None and closed and conn not in listener.made:
            if listener.full:
                ways = [
                    h._replace(due_by=NEVER) if h.due and h.due.kind == "syn-ack" else h
                    for h in ways
                ]
            listener.made.append(conn)
            conn.accepted = False
        conn.become(ways)
        self.owes(conn)

    # -- odd datagrams of the peer's -------------------------------------------------------------

    def _odd(self, octets: bytes, now: int, n: int) -> None:
        """Not a right TCP segment: mostly nobody answers it."""
        try:
            datagram = parse(octets)
        except ParseError:
            self.hears("CLOSED", "malformed")
            return
        ip, body = datagram.ip, datagram.body
        if ip.dst not in self._addresses:
            self.hears("CLOSED", "to nobody")
            return
        if not _plain(ip):
            self.hears("CLOSED", "fragment or options")
            self._leave_opaque(ip.dst, ip.src)
        if isinstance(body, Icmp):
            self._icmp(body)
        elif not isinstance(body, Segment):
            self.hears("CLOSED", "not TCP")
        elif (ip.dst, ip.src) in self._opaque:
            return
        elif body.data_offset is not None or body.checksum is not None or _damaged(ip):
            if body.checksum == 0xFFFF:
                self.refuse(n, "a checksum of 0xffff")
            flaw = "checksum" if body.data_offset is None and not _damaged(ip) else "header"
            self.hears("CLOSED", f"{flags_named(body.flags)} bad-{flaw}")
        else:
            self._segment(octets, unchecked(octets), now, n)

    def _icmp(self, message: Icmp) -> None:
        """An error about a segment of the target's: its connection may be given up."""
        quote = quote_of(message.data)
        state = "CLOSED"
        if quote is not None:
            for conn in self._inbound.values():
                ends = (*conn.local, *conn.remote)
                if ends == (quote.src, quote.sport, quote.dst, quote.dport):
                    conn.icmp, state = True, conn.state
        self.hears(state, f"ICMP {message.type}/{message.code}")


def _over(conn: Connection) -> bool:
    return conn.state == "CLOSED" and conn.several is None and conn.due_by == NEVER


def _takes_text(conn: Connection, seq: int, flags: int, text: bytes) -> None:
    """The peer's text in its place, until somebody looks at it."""
    if text and conn.rcv_nxt != conn.irs and flags & (ACK | SYN):
        at = ((seq - conn.irs + HALF) & MASK) - HALF - 1 + (flags >> 1 & 1)
        if -len(text) < at < 1 << 24:
            conn.texts.append((at, text))
    if flags & URG:
        conn.texts.append((0, b""))


def _marked(octets: bytes) -> bool:
    """Whether a router has marked a datagram (RFC 3168, 5)."""
    mark = octets[1] if octets[0] >> 4 == 4 else octets[1] >> 4
    return mark & 3 == 3
