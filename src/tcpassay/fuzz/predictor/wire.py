"""The target's segments: held against the connection that each is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.predictor import departures, several
from tcpassay.fuzz.predictor.inbound import Inbound
from tcpassay.fuzz.predictor.names import answer_named, flags_named
from tcpassay.fuzz.predictor.segments import NO_OPTIONS, Fields, Options, fields, options_of, whole
from tcpassay.model.oracle.hypothesis import NEVER, Hypothesis
from tcpassay.model.rules.sack import never_came, wrong_block
from tcpassay.model.tcb import HALF, MASK
from tcpassay.wire import ACK, ECE, FIN, PSH, RST, SYN, Icmp, ParseError, Segment, parse

if TYPE_CHECKING:
    from tcpassay.fuzz.predictor.connection import Connection

#: States in which there is text to come, and no FIN has gone.
_TALKING = frozenset({"ESTABLISHED", "CLOSE-WAIT"})
#: States in which a SYN of the target's may be one that it sends again.
_OPENING = frozenset({"SYN-SENT", "SYN-RECEIVED"})


class Wire(Inbound):
    """Takes what the target sends, too."""

    # -- segments of the target's ----------------------------------------------------------------

    def leaves(self, octets: bytes, now: int, n: int) -> None:
        """A datagram of the target's."""
        if len(octets) > self._mtu:
            self.refuse(n, "more than the link carries")
        found = fields(octets, strict=False)
        if found is None:
            self._leaves_odd(octets, n)
            return
        key, seq, ack, control, window, size, end, start = found
        conn = self._outbound.get(key)
        if (
            end == start == 40
            and control | PSH == ACK | PSH
            and conn is not None
            and conn.completed
            and not octets[1] & 3
            and (
                self._sends(conn, octets, found, now)
                if size
                else self._acknowledges(conn, seq, ack, window)
            )
        ):
            return
        flags = control & 0x1FF
        self.answered(answer_named(flags, size))
        if conn is None:
            if flags != SYN:
                self.refuse(n, "a segment to nobody")
                return
            conn = self._meets(_turned(key))
        if conn.opaque:
            return
        if flags == SYN and conn.state == "CLOSED" and not conn.several and conn.completed:
            conn = self._renewed(_turned(key), conn)
        why = self._goes(conn, octets, found, now)
        if why:
            self.refuse(n, f"{conn.state}: {why}")
            _correct(conn, found)

    def _acknowledges(self, conn: Connection, seq: int, ack: int, window: int) -> bool:
        """An ACK alone of what has come, where all is as usual; False to look at it whole."""
        if (
            conn.state not in _TALKING
            or conn.several is not None
            or ack != conn.rcv_nxt
            or seq != conn.snd_nxt
            or conn.ts_recent is not None
            or conn.opaque
        ):
            return False
        if conn.stack_scale and conn.peer_scale is not None:
            window <<= conn.stack_scale
        edge, new = conn.edge, (ack + window) & MASK
        if edge != new and edge is not None and (new - edge) & MASK > HALF:
            return False
        if window > conn.rcv_wnd:
            conn.rcv_wnd = window
        elif conn.grace or not conn.credit:
            return False
        else:
            conn.credit -= 1
        conn.edge, conn.ack_by, conn.last_ack = new, NEVER, ack
        if conn.fin is not None and ack == (conn.fin + 1) & MASK:
            conn.peer_ended = True
        self.answered("ACK")
        return True

    def _sends(self, conn: Connection, octets: bytes, found: Fields, now: int) -> bool:
        """The next text, where all is as usual; False to look at it whole."""
        _, seq, ack, control, window, size, _, _ = found
        first, last = (seq - conn.iss - 1) & MASK, conn.edge
        behind = first + size == len(conn.given)
        df = octets[6] & 0x40
        if (
            conn.state not in _TALKING
            or conn.several is not None
            or conn.ts_recent is not None
            or conn.opaque
            or ack != conn.rcv_nxt
            or seq != conn.snd_nxt
            or conn.fin_sent
            or size > conn.mss
            or size > ((conn.snd_una + conn.snd_wnd - seq + HALF) & MASK) - HALF
            or (behind and not control & PSH)
            or (conn.df and not df)
            or not conn.given.startswith(octets[40:], first)
        ):
            return False
        if conn.stack_scale and conn.peer_scale is not None:
            window <<= conn.stack_scale
        edge = (ack + window) & MASK
        if edge != last and last is not None and (edge - last) & MASK > HALF:
            return False
        self.answered("ACK+data")
        if conn.snd_una == seq:
            conn.progresses(now)
        conn.snd_nxt = end = (seq + size) & MASK
        conn.pieces.append((end, now))
        conn.df = conn.df or df > 0
        conn.edge, conn.ack_by, conn.last_ack = edge, NEVER, ack
        conn.rcv_wnd = max(conn.rcv_wnd, window)
        if conn.credit:
            conn.credit -= 1
        return True

    def _leaves_odd(self, octets: bytes, n: int) -> None:
        try:
            body = parse(octets).body
        except ParseError:
            self.refuse(n, "a datagram that cannot be read")
            return
        if isinstance(body, Segment):
            self.answered(f"odd {flags_named(body.flags)}")
            self.refuse(n, "an odd segment")
        else:
            self.answered("ICMP" if isinstance(body, Icmp) else "not TCP")

    def _goes(self, conn: Connection, octets: bytes, found: Fields, now: int) -> str:
        """What stands against a segment of the target's; empty for nothing."""
        _, seq, ack, control, window, size, end, start = found
        flags = control & 0x1FF
        if control & 0xE00 or departures.wrong_flags(conn, flags):
            return "odd control bits"
        mark = (octets[1] & 3) if start == 40 else (octets[1] >> 4) & 3
        if mark and not (conn.echoes and seq == conn.snd_nxt and (size or flags & FIN)):
            return "a mark of ECN"
        stamp, options = None, NO_OPTIONS
        if start != end:
            options = options_of(octets[start:end])
            why = _options_wrong(conn, options, flags) or _blocks_wrong(conn, options, ack)
            if why:
                return why
            if options.stamps is not None:
                stamp = options.stamps[1]
        elif flags & SYN:
            return "a SYN without MSS"
        if flags & SYN:
            return self._goes_syn(conn, octets, found, options, stamp, now)
        if flags & RST:
            return self._goes_reset(conn, octets, found, now)
        if conn.stack_scale and conn.peer_scale is not None:
            window <<= conn.stack_scale
        if size or flags & FIN:
            return self._goes_text(conn, octets, found, window, stamp, now)
        if conn.several is None:
            why = departures.bare(conn, seq, ack, window, stamp)
        elif any(way.tcb.snd_nxt == seq for way in conn.several):
            why = self._narrows(conn, octets, found, window, now)
        else:
            why = "an ACK with another SEQ"
        return why or departures.edge(conn, ack, window)

    def _narrows(
        self, conn: Connection, octets: bytes, found: Fields, window: int, now: int
    ) -> str:
        """Which of several ways a segment leaves."""
        segment = whole(octets, found)
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
            return self._narrows(conn, octets, found, window, now)
        return departures.reset(conn, seq, ack, control & 0x1FF)

    def _goes_text(
        self,
        conn: Connection,
        octets: bytes,
        found: Fields,
        window: int,
        stamp: int | None,
        now: int,
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
            conn.df = conn.df or (start == 40 and bool(octets[6] & 0x40))
        if not new:
            why = departures.retransmission(conn, seq, now, self._limits)
            if why:
                return why
        else:
            if idle:
                conn.progresses(now)
            conn.pieces.append(((seq + size + (flags & FIN)) & MASK, now))
        if conn.several is not None:
            why = self._narrows(conn, octets, found, window, now)
        else:
            gone = departures.Gone(seq, ack, flags, window, size, stamp, now)
            why = departures.queued(conn, gone)
        return why or departures.edge(conn, ack, window)

    def _goes_syn(
        self,
        conn: Connection,
        octets: bytes,
        found: Fields,
        options: Options,
        stamp: int | None,
        now: int,
    ) -> str:
        _, seq, ack, flags, window, size, _, _ = found
        if size or options.cookie:
            return "a SYN for fast open"
        if options.mss is None:
            return "a SYN without MSS"
        if not flags & ACK:
            return self._goes_first(conn, options, seq, window, now)
        if conn.several is None:
            again = conn.bound and conn.iss == seq and conn.state in _OPENING
            if not conn.bound and conn.completed:
                conn = self._reborn(conn, found[0], conn.ways())
        else:
            ways = conn.several
            unbound = [h for h in ways if not h.bound]
            again = any(h.bound and h.tcb.iss == seq and h.tcb.state in _OPENING for h in ways)
            if unbound and not again:
                if conn.completed or any(h.bound and h.tcb.state == "SYN-RECEIVED" for h in ways):
                    conn = self._reborn(conn, found[0], unbound)
                self._takes_options(conn, conn.syn)
        why = _answers_wrong(conn, options, flags, stamp)
        if not why and again and conn.due is None and conn.several is None:
            why = departures.retransmission(conn, seq, now, self._limits)
        elif not why and again and all(h.due is None for h in conn.ways()):
            why = departures.repetition(conn, now, self._limits)
        if why:
            return why
        if conn.several is not None:
            why = self._narrows(conn, octets, found, window, now)
        else:
            why = departures.syn_ack(conn, departures.Gone(seq, ack, 18, window, 0, stamp, now))
        if not why:
            conn.stack_scale, conn.edge = options.scale, (ack + window) & MASK
            conn.echoes = conn.echoes and bool(flags & ECE)
            if not again:
                self._numbers.append((conn, seq, now))
                conn.progresses(now)
                conn.pieces.append((conn.snd_nxt, now))
        return why

    def _reborn(self, old: Connection, key: bytes, unbound: list[Hypothesis]) -> Connection:
        """A SYN has followed another connection of this tuple: what may be true goes on anew."""
        new = self._renewed(_turned(key), old)
        new.become(unbound)
        new.syn, new.syn_text, new.came, new.listed = old.syn, old.syn_text, old.came, False
        if old.syn_text:
            new.texts.append((0, old.syn_text))
        listener = self.listener(new)
        if listener is not None:
            listener.made.append(new)
        old.several = None
        old.forget()
        self.owes(new)
        return new

    def _goes_first(
        self, conn: Connection, options: Options, seq: int, window: int, now: int
    ) -> str:
        """The SYN of a connect()."""
        if conn.state == "SYN-SENT" and conn.several is None:
            if seq != conn.iss:
                return "a SYN with another number"
            return departures.retransmission(conn, seq, now, self._limits)
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
        conn.progresses(now)
        conn.pieces.append((conn.snd_nxt, now))
        self._numbers.append((conn, seq, now))
        return ""


def _answers_wrong(conn: Connection, options: Options, flags: int, stamp: int | None) -> str:
    """What a SYN,ACK of a passive open may not offer of itself (RFC 7323, 2.2 and 3.2)."""
    if not conn.passive:
        return "ECN in crossed SYNs" if flags & ECE else ""
    if options.scale is not None and conn.peer_scale is None:
        return "a window scale that was not offered"
    if options.stamps is not None:
        offered = conn.syn.stamps
        if offered is None or stamp != offered[0]:
            return "timestamps that were not offered"
    return ""


def _turned(key: bytes) -> bytes:
    """The key of the other direction."""
    half = (len(key) - 4) // 2
    return key[half : 2 * half] + key[:half] + key[-2:] + key[-4:-2]


def _options_wrong(conn: Connection, options: Options, flags: int) -> str:
    """RFC 9293, MUST-65; RFC 7323, 2.2 and 5.4."""
    opens = flags & SYN
    if not opens and (options.mss is not None or options.scale is not None or options.cookie):
        return "an option of a SYN"
    if options.twice or options.odd:
        return "two timestamps, or what is no list of options"
    if options.stamps is not None and not flags & RST:
        tsval = options.stamps[0]
        last = tsval if conn.tsval is None or opens else conn.tsval
        if (tsval - last + HALF) & MASK < HALF:
            return "a timestamp that goes back"
        conn.tsval = tsval
        ways = () if opens else conn.several or ()
        if ways and all(way.tcb.ts_recent is None for way in ways):
            return "timestamps that were not agreed on"
    return ""


def _blocks_wrong(conn: Connection, options: Options, ack: int) -> str:
    """RFC 2018, 4, on the one way that is followed; of several each looks for itself."""
    if not options.blocks:
        return ""
    wrong = never_came(options.blocks, conn.came)
    if wrong is None and conn.several is None:
        wrong = wrong_block(options.blocks, conn.held, conn.fin, ack)
    return "" if wrong is None else f"a SACK block {wrong.why}"


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
