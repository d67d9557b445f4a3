"""The segments of a case, both ways: which connection each is of, and what it makes of it."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.fuzz.predictor import departures, several
from tcpassay.fuzz.predictor.arrivals import (
    ASK,
    AT_ONCE,
    GRACE,
    LIMITED,
    MAYBE,
    QUICK,
    SILENCE,
    SOON,
    arrives,
)
from tcpassay.fuzz.predictor.connection import DEFAULT_MSS, Connection
from tcpassay.fuzz.predictor.names import TOLD, answer_named, flags_named, segment_named
from tcpassay.fuzz.predictor.segments import (
    NO_OPTIONS,
    Fields,
    Options,
    fields,
    options_of,
    whole,
)
from tcpassay.model.answers import Answer
from tcpassay.model.oracle.hypothesis import NEVER
from tcpassay.model.oracle.numbers import InitialNumbers
from tcpassay.model.oracle.limits import CHALLENGES, THROTTLE_NS
from tcpassay.model.oracle.oracle import _damaged, _from_nowhere, _plain
from tcpassay.model.tcb import HALF, MASK, SYNCHRONIZED, offset
from tcpassay.wire import (
    ACK,
    FIN,
    PSH,
    RST,
    SYN,
    URG,
    Icmp,
    IPv4,
    IPv6,
    ParseError,
    Segment,
    parse,
)
from tcpassay.wire.checksum import text4, text6
from tcpassay.wire.connections import quote_of

if TYPE_CHECKING:
    from tcpassay.core.trace import Entry
    from tcpassay.fuzz.predictor.sockets import Socket
    from tcpassay.model.oracle.limits import Limits

#: Timers are looked at again when so much time has passed: less than the shortest takes.
_LOOK_NS = 2 * NS_PER_S
#: MUST-40: an ACK is delayed by less than this.
_DELAY_NS = NS_PER_S // 2


class Wire:
    """Connections by their ends, what they owe, and the triples of the case so far."""

    def __init__(self, addresses: tuple[str, ...], limits: Limits) -> None:
        self._addresses = frozenset(addresses)
        self._slack = limits.slack
        self._least_rto = limits.least_rto
        self.virtual = not limits.slack
        self.begins()

    def begins(self) -> None:
        """Another case."""
        self._inbound: dict[bytes, Connection] = {}
        self._outbound: dict[bytes, Connection] = {}
        self._opaque = False
        self._challenges: deque[int] = deque(maxlen=CHALLENGES)
        #: SYNs of the target's: which ends, which number, when.
        self._numbers: list[tuple[Connection, int, int]] = []
        self._until = self._wait_from = 0
        self.listeners: list[Socket] = []
        self.connecting: list[Socket] = []
        #: Connections that owe something, or of which more than one way is followed.
        self.owing: list[Connection] = []
        self.refused_at: int | None = None
        self.why = ""
        self.triples: list[tuple[str, str, str]] = []
        self._state = self._input = ""
        self._answers: list[str] = []

    # -- what the case is told by ------------------------------------------------------------------

    def refuse(self, n: int, why: str) -> None:
        """An answer was not the expected one."""
        if self.refused_at is None:
            self.refused_at, self.why = n, why

    def hears(self, state: str, what: str) -> None:
        """A segment or a call has arrived."""
        if self._input:
            self._tells()
        self._state, self._input, self._wait_from = state, what, 0

    def answered(self, how: str) -> None:
        """An answer to it."""
        self._answers.append(how)

    def _tells(self) -> None:
        answers = self._answers
        if not answers:
            how = "none"
        elif len(answers) == 1:
            how = answers[0]
        else:
            how = "; ".join(answers[:TOLD]) + (" ..." if len(answers) > TOLD else "")
        self.triples.append((self._state, self._input, how))
        if answers:
            answers.clear()

    # -- time --------------------------------------------------------------------------------------

    def owes(self, conn: Connection) -> None:
        """Note that a connection owes something."""
        if not conn.listed:
            conn.listed = True
            self.owing.append(conn)

    def settle(self, late: int, n: int) -> None:
        """What was due before `late` and has not come; what was for one step is over."""
        if self._until >= late:
            late = self._until + 1
        rest: list[Connection] = []
        for conn in self.owing:
            if conn.several is not None:
                self._settle_ways(conn, late, n)
            elif conn.ack_by < late or conn.due_by < late:
                self._missed(conn, n)
            conn.grace = 0
            if conn.several is None and conn.ack_by == NEVER and conn.due_by == NEVER:
                conn.listed = False
            else:
                rest.append(conn)
        self.owing = rest

    def _settle_ways(self, conn: Connection, late: int, n: int) -> None:
        ways = conn.ways()
        left = [h for h in ways if h.ack_by >= late and h.due_by >= late]
        if not left:
            self._missed(conn, n)
        elif len(left) < len(ways):
            conn.become(left)

    def _missed(self, conn: Connection, n: int) -> None:
        if not conn.opaque:
            self.refuse(n, f"{conn.state}: no answer")
        conn.several = None
        conn.ack_by = conn.due_by = NEVER
        conn.due = None

    def settle_before(self, now: int, n: int) -> None:
        """A segment of the target's at a later time than what came before it."""
        if self.virtual or (self._wait_from and now > self._wait_from + self._slack):
            self.settle(now, n)

    def waits(self, until: int, now: int, _n: int) -> None:
        """The tester lets time pass."""
        self._until = 0 if self.virtual else until
        self._wait_from = now

    def looks_at_timers(self, now: int, n: int) -> int:
        """Whether something should have been sent again by now; and when to look again."""
        again = now + _LOOK_NS
        for conn in self._inbound.values():
            due = departures.timer(conn)
            if due < now:
                self.refuse(n, f"{conn.state}: nothing sent again")
            elif due < again:
                again = due
        return again

    def ends(self, last: Entry) -> None:
        """The case is over; `last` is its last entry."""
        until = last.data if last.kind == "advance" and isinstance(last.data, int) else 0
        now = max(last.t_ns, until)
        self.looks_at_timers(now + 1, last.n)
        self.settle(now + 1, last.n)
        self._judge_numbers(last.n)
        if self._input:
            self._tells()

    # -- segments of the peer's ------------------------------------------------------------------

    def arrives(self, octets: bytes, now: int, n: int) -> None:
        """A datagram of the peer's."""
        found = fields(octets, strict=True)
        if found is None:
            self._odd(octets, now, n)
        else:
            self._segment(octets, found, now, n)

    def _segment(self, octets: bytes, found: Fields, now: int, n: int) -> None:
        key, seq, ack, control, window, size, end, start = found
        conn = self._inbound.get(key)
        if conn is None:
            conn = self._meets(key)
        flags = control & 0x1FF
        if conn.elsewhere or conn.nowhere:
            self.hears("CLOSED", "to nobody" if conn.elsewhere else "from nowhere")
            return
        options = NO_OPTIONS if start == end else options_of(octets[start:end])
        if flags & SYN:
            if not flags & ACK and conn.completed and _over(conn):
                conn = self._renewed(key, conn)
        elif conn.peer_scale and conn.stack_scale is not None:
            window <<= conn.peer_scale
        state = conn.state
        if state == "CLOSED" and self.listener(conn) is not None:
            state = "LISTEN"
        self.hears(state, segment_named(conn, seq, ack, flags, window, size))
        conn.opaque = conn.opaque or options.signed
        if conn.opaque:
            return
        una = conn.snd_una
        made = ASK
        if conn.several is None and conn.bound:
            if state in QUICK:
                if conn.ts_recent is None:
                    made = arrives(conn, seq, ack, flags, window, size, now)
                else:
                    made = self._stamped(conn, options, seq, ack, flags, window, size, now)
            elif state in {"CLOSED", "LISTEN"} and self._unconnected(
                conn, options, state, seq, ack, flags, window, size, now
            ):
                made = SILENCE
        if made == ASK:
            self._asks(conn, octets, options, flags, now)
        elif made != SILENCE:
            self._owes_ack(conn, made, now)
        if conn.snd_una != una:
            conn.retried_at, conn.retry_gap = now, 0
        if not conn.completed and conn.state in SYNCHRONIZED:
            conn.completed = n
        if size and flags & (ACK | SYN):
            at = ((seq - conn.irs + HALF) & MASK) - HALF - 1 + (flags >> 1 & 1)
            if conn.irs and -size < at < 1 << 24:
                conn.texts.append((at, octets[end:]))
        if flags & URG:
            conn.texts.append((0, b""))

    def _owes_ack(self, conn: Connection, made: int, now: int) -> None:
        if made == GRACE:
            conn.grace = 1
        elif made == MAYBE or (made == LIMITED and self._throttled(now)):
            conn.credit += 1
            return
        else:
            conn.credit += 1
            by = now + _DELAY_NS + self._slack if made == SOON else now
            if by < conn.ack_by:
                conn.ack_by = by
        if not conn.listed:
            conn.listed = True
            self.owing.append(conn)

    def _throttled(self, now: int) -> bool:
        """RFC 5961, 7: whether a throttle may keep back one more challenge."""
        met = self._challenges
        full = len(met) == CHALLENGES and now - met[0] < THROTTLE_NS
        met.append(now)
        return full

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
            return ASK
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
    ) -> bool:
        """CLOSED and LISTEN (3.10.7.1, 3.10.7.2); whether there was but one way."""
        listening = state == "LISTEN"
        if listening and flags & (SYN | ACK | RST) == SYN:
            if size or flags & FIN:
                return False
            self._opens(conn, options, seq, ack, window, now)
            return True
        ended = not listening and (conn.fin_taken or conn.told == "ended")
        conn.forget()
        conn.since, conn.told = now, "ended" if ended else ""
        if flags & RST or (listening and not flags & ACK):
            return True
        if flags & ACK:
            conn.due = Answer("rst", (ack,))
        else:
            length = size + (flags & FIN) + (flags >> 1 & 1)
            conn.due = Answer("rst", (0,), ((seq + length) & MASK,))
        conn.due_by = now
        self.owes(conn)
        return True

    def _opens(
        self, conn: Connection, options: Options, seq: int, ack: int, window: int, now: int
    ) -> None:
        """A SYN for a listener: SYN-RECEIVED."""
        conn.forget()
        self._takes_options(conn, options)
        listener = self.listener(conn)
        assert listener is not None  # noqa: S101 - the caller has looked
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
        self, conn: Connection, octets: bytes, options: Options, flags: int, now: int
    ) -> None:
        """What is rare: the model says what may be true behind it."""
        segment = whole(octets)
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

    # -- which connection ------------------------------------------------------------------------

    def listener(self, conn: Connection) -> Socket | None:
        """The listening socket that a segment of this tuple is for."""
        address, port = conn.local
        for socket in reversed(self.listeners):
            if socket.takes(address, port):
                return socket
        return None

    def waiting(self, port: int, remote: tuple[str, int]) -> Connection | None:
        """The newest tuple of a local port and a remote end that has not been handed out."""
        for conn in reversed(self._inbound.values()):
            if conn.remote == remote and conn.local[1] == port and not conn.accepted:
                return conn
        return None

    def _meets(self, inbound: bytes) -> Connection:
        """The first of a tuple; its key as it stands in the peer's datagrams."""
        half = (len(inbound) - 4) // 2
        src, dst = inbound[:half], inbound[half : 2 * half]
        sport, dport = inbound[-4:-2], inbound[-2:]
        six = half == 16
        local = text6(dst) if six else text4(int.from_bytes(dst, "big"))
        remote = text6(src) if six else text4(int.from_bytes(src, "big"))
        conn = Connection(
            6 if six else 4,
            (local, int.from_bytes(dport, "big")),
            (remote, int.from_bytes(sport, "big")),
        )
        conn.elsewhere = local not in self._addresses
        conn.nowhere = _nowhere(remote, local)
        conn.opaque = self._opaque
        self._inbound[inbound] = self._outbound[dst + src + dport + sport] = conn
        return conn

    def _renewed(self, inbound: bytes, old: Connection) -> Connection:
        """A new connection between two ends that have had one; its socket keeps the old one."""
        new = self._meets(inbound)
        new.follows_waiting = not old.accepted
        return new

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
            self._opaque = True
            for conn in self._inbound.values():
                conn.opaque = True
        if isinstance(body, Icmp):
            self._icmp(body)
        elif not isinstance(body, Segment):
            self.hears("CLOSED", "not TCP")
        elif self._opaque:
            return
        elif body.data_offset is not None or body.checksum is not None or _damaged(ip):
            if body.checksum == 0xFFFF:
                self.refuse(n, "a checksum of 0xffff")
            flaw = "checksum" if body.data_offset is None and not _damaged(ip) else "header"
            self.hears("CLOSED", f"{flags_named(body.flags)} bad-{flaw}")
        else:
            if isinstance(ip, IPv6) and ip.payload_length is not None:
                self.refuse(n, "a length that is too large")
            self._segment(octets, unchecked(octets), now, n)

    def _icmp(self, message: Icmp) -> None:
        """An error about a segment of the target's: its connection may be given up."""
        quote = quote_of(message.data)
        state = "CLOSED"
        if quote is not None:
            for conn in self._inbound.values():
                if conn.local == (quote.src, quote.sport):
                    if conn.remote == (quote.dst, quote.dport):
                        conn.icmp, state = True, conn.state
        self.hears(state, f"ICMP {message.type}/{message.code}")

    # -- segments of the target's ----------------------------------------------------------------

    def leaves(self, octets: bytes, now: int, n: int) -> None:
        """A datagram of the target's."""
        found = fields(octets, strict=False)
        if found is None:
            self._leaves_odd(octets, n)
            return
        key, seq, ack, control, window, size, end, start = found
        flags = control & 0x1FF
        self._answers.append(answer_named(flags, size))
        conn = self._outbound.get(key)
        if conn is None:
            if flags != SYN:
                self.refuse(n, "a segment to nobody")
                return
            conn = self._meets(_turned(key))
        if conn.opaque:
            return
        if flags == SYN and conn.state == "CLOSED" and not conn.several:
            if conn.completed:
                conn = self._renewed(_turned(key), conn)
        why = self._goes(conn, octets, found, now, n)
        if why:
            self.refuse(n, f"{conn.state}: {why}")
            _correct(conn, found)

    def _leaves_odd(self, octets: bytes, n: int) -> None:
        try:
            body = parse(octets).body
        except ParseError:
            self.refuse(n, "a datagram that cannot be read")
            return
        if isinstance(body, Segment):
            self._answers.append(f"odd {flags_named(body.flags)}")
            self.refuse(n, "an odd segment")
        else:
            self._answers.append("ICMP" if isinstance(body, Icmp) else "not TCP")

    def _goes(self, conn: Connection, octets: bytes, found: Fields, now: int, n: int) -> str:
        """What stands against a segment of the target's; empty for nothing."""
        _, seq, ack, control, window, size, end, start = found
        flags = control & 0x1FF
        if control & 0xE00 or departures.wrong_flags(flags):
            return "odd control bits"
        if (octets[1] & 3) if start == 40 else (octets[1] >> 4) & 3:
            return "a mark of ECN"
        stamp = None
        if start != end:
            options = options_of(octets[start:end])
            why = _options_wrong(conn, options, flags)
            if why:
                return why
            if options.stamps is not None:
                stamp = options.stamps[1]
        elif flags & SYN:
            return "a SYN without MSS"
        if flags & SYN:
            return self._goes_syn(conn, octets, found, stamp, now, n)
        if flags & RST:
            return self._goes_reset(conn, octets, found, now)
        if conn.stack_scale and conn.peer_scale is not None:
            window <<= conn.stack_scale
        if size or flags & FIN:
            return self._goes_text(conn, octets, found, window, stamp, now)
        if conn.several is not None:
            why = self._narrows(conn, octets, window, now)
        else:
            why = departures.bare(conn, seq, ack, window, stamp)
        return why or departures.edge(conn, ack, window)

    def _narrows(self, conn: Connection, octets: bytes, window: int, now: int) -> str:
        """Which of several ways a segment leaves."""
        segment = whole(octets)
        left = (
            several.departed(conn, segment._replace(window=window), now)
            if segment is not None
            else []
        )
        if not left:
            return "none of several ways"
        conn.become(left)
        return ""

    def _goes_reset(self, conn: Connection, octets: bytes, found: Fields, now: int) -> str:
        _, seq, ack, control, window, size, _, _ = found
        if size:
            return "a reset with text"
        if conn.several is not None:
            return self._narrows(conn, octets, window, now)
        return departures.reset(conn, seq, ack, control & 0x1FF)

    def _goes_text(
        self, conn: Connection, octets: bytes, found: Fields, window: int, stamp: int | None, now: int
    ) -> str:
        _, seq, ack, control, _, size, end, start = found
        flags, text = control & 0x1FF, octets[end:]
        first = ((seq - conn.iss + HALF) & MASK) - HALF - 1
        new = seq == conn.snd_nxt
        idle = conn.snd_una == conn.snd_nxt
        if size:
            if conn.given[first : first + size] != text:
                return "other text"
            if not flags & (PSH | FIN) and first + size == len(conn.given):
                return "the last of the text without PSH"
            if start == 40 and conn.df and not octets[6] & 0x40:
                return "text without DF"
            conn.df = conn.df or start == 40 and bool(octets[6] & 0x40)
        if not new:
            why = departures.retransmission(conn, now, self._least_rto)
            if why:
                return why
        if conn.several is not None:
            why = self._narrows(conn, octets, window, now)
        else:
            gone = departures.Gone(seq, ack, flags, window, size, stamp, now)
            why = departures.queued(conn, gone)
        if new and idle:
            conn.retried_at, conn.retry_gap = now, 0
        conn.sent_at = now
        return why or departures.edge(conn, ack, window)

    def _goes_syn(
        self, conn: Connection, octets: bytes, found: Fields, stamp: int | None, now: int, n: int
    ) -> str:
        _, seq, ack, control, window, size, end, start = found
        options = options_of(octets[start:end])
        if size or options.cookie:
            return "a SYN for fast open"
        if options.mss is None:
            return "a SYN without MSS"
        if not control & ACK:
            return self._goes_first(conn, options, seq, window, now)
        if options.scale is not None and conn.peer_scale is None:
            return "a window scale that was not offered"
        if options.stamps is not None and stamp != conn.ts_recent:
            return "timestamps that were not offered"
        again = conn.bound and seq == conn.iss
        if again and conn.due is None and conn.several is None:
            why = departures.retransmission(conn, now, self._least_rto)
            if why:
                return why
        if conn.several is not None:
            why = self._narrows(conn, octets, window, now)
        else:
            why = departures.syn_ack(conn, departures.Gone(seq, ack, 18, window, 0, stamp, now))
        if not why:
            conn.stack_scale, conn.edge = options.scale, (ack + window) & MASK
            if not again:
                self._numbers.append((conn, seq, now))
                conn.retried_at, conn.retry_gap = now, 0
            conn.sent_at = now
        return why

    def _goes_first(
        self, conn: Connection, options: Options, seq: int, window: int, now: int
    ) -> str:
        """The SYN of a connect()."""
        if conn.state == "SYN-SENT" and conn.several is None:
            if seq != conn.iss:
                return "a SYN with another number"
            why = departures.retransmission(conn, now, self._least_rto)
            conn.sent_at = now
            return why
        if conn.state != "CLOSED" or conn.several is not None:
            return "a SYN"
        socket = self._connects(conn)
        if socket is None:
            return "a SYN that nobody has called for"
        if options.stamps is not None and options.stamps[1]:
            return "a timestamp echoed in a SYN"
        conn.forget()
        conn.state, conn.passive, conn.since = "SYN-SENT", False, now
        conn.iss = conn.snd_una = seq
        conn.snd_nxt, conn.rcv_wnd = (seq + 1) & MASK, window
        conn.ts_offered = options.stamps is not None
        conn.stack_scale = options.scale
        conn.given += socket.early
        socket.early.clear()
        conn.retried_at = conn.sent_at = now
        self._numbers.append((conn, seq, now))
        return ""

    def _connects(self, conn: Connection) -> Socket | None:
        """The socket of the connect() that a SYN is of."""
        for socket in self.connecting:
            port = socket.local[1]
            if socket.remote == conn.remote and (not port or port == conn.local[1]):
                self.connecting.remove(socket)
                socket.conn, socket.local = conn, conn.local
                return socket
        return None

    def _judge_numbers(self, n: int) -> None:
        """ISNs: of one tuple they move with the clock, of several they do not look alike."""
        if len(self._numbers) < 2:
            return
        numbers = InitialNumbers()
        for conn, iss, now in self._numbers:
            key = (*conn.local, *conn.remote)
            if numbers.picked(key, iss, now, now) is not None:
                self.refuse(n, "an ISN")


def _over(conn: Connection) -> bool:
    return conn.state == "CLOSED" and conn.several is None and conn.due_by == NEVER


def _turned(key: bytes) -> bytes:
    """The key of the other direction."""
    half = (len(key) - 4) // 2
    return key[half : 2 * half] + key[:half] + key[-2:] + key[-4:-2]


def _options_wrong(conn: Connection, options: Options, flags: int) -> str:
    """RFC 9293, MUST-65; RFC 7323, 2.2 and 5.4."""
    if not flags & SYN:
        if options.mss is not None or options.scale is not None or options.cookie:
            return "an option of a SYN"
    if options.stamps is not None and not flags & RST:
        tsval = options.stamps[0]
        if conn.tsval is not None and not flags & SYN:
            if ((tsval - conn.tsval + HALF) & MASK) < HALF:
                return "a timestamp that goes back"
        conn.tsval = tsval
    return ""


def _correct(conn: Connection, found: Fields) -> None:
    """Behind a refusal: the target knows where it stands, its numbers count from here on."""
    _, seq, ack, control, window, size, _, _ = found
    conn.several, conn.due = None, None
    conn.ack_by = conn.due_by = NEVER
    if control & RST:
        conn.state = "CLOSED"
        return
    conn.bound = True
    if control & SYN:
        conn.iss = conn.snd_una = seq
        conn.snd_nxt = (seq + 1) & MASK
        if conn.state == "CLOSED":
            conn.state = "SYN-RECEIVED" if control & ACK else "SYN-SENT"
        return
    end = (seq + size + (control & FIN)) & MASK
    if ((end - conn.snd_nxt + HALF) & MASK) > HALF:
        conn.snd_nxt = end
    if control & ACK:
        conn.rcv_nxt = ack
        conn.rcv_wnd = max(conn.rcv_wnd, window)


@lru_cache(maxsize=4096)
def _nowhere(remote: str, local: str) -> bool:
    ip: IPv4 | IPv6 = IPv6(remote, local) if ":" in remote else IPv4(remote, local)
    return _from_nowhere(ip)
