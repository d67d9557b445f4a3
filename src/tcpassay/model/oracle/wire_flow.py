"""One connection of a capture: what may be true of the target's end, by its segments alone.

Nobody tells when the target takes a segment that the capture shows as arrived, and at another
vantage than its own not even whether it ever arrives. So two ends are kept apart: what has to be
true because the target has said it (`acked`, `echoed`), and what may be true at most, as if all
that was captured had been taken at once (`tcb`, `received`, `edge`). A departure is put to the
rules with those values between the two ends that suit it best; what they refuse then, no order of
events allows. The application may send, close and abort at any time.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.oracle import wire_begin
from tcpassay.model.oracle.wire_begin import UNKNOWN_WINDOW
from tcpassay.model.oracle.wire_numbers import Received, SentText, unwrapped
from tcpassay.model.oracle.wire_options import Offer, faults, offer_of
from tcpassay.model.oracle.wire_report import Finding
from tcpassay.model.oracle.wire_stamps import CLOCK, ECHO, Stamps
from tcpassay.model.rules import segment_arrives
from tcpassay.model.rules.departure import SMALLEST_MSS, Refusal, Sender, departs
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.tcb import FIN_TAKEN, MASK, SYNCHRONIZED, Tcb, offset
from tcpassay.wire import ACK, FIN, RST, SYN, Sack

if TYPE_CHECKING:
    from tcpassay.model.answers import Answer, Branch
    from tcpassay.model.oracle.wire_report import Connection, Vantage
    from tcpassay.model.tcb import State
    from tcpassay.wire import Segment

#: How late the target may be beyond what a clause gives it, and how long segments may cross.
SLACK_NS = NS_PER_S // 5
#: A bare segment draws no second answer so soon after another (RFC 5961, 7 and 10).
THROTTLE_NS = NS_PER_S
#: For so long after a beginning in mid-connection older segments may still matter.
LEARNING_NS = 3 * NS_PER_S
#: After so long a silence a connection may have been given up by either end.
FORGOTTEN_NS = 10 * NS_PER_S
#: So many octets in a row may be missing in a capture; more are no accident.
PLAUSIBLE = 1 << 17
#: What an application may do that nobody sees: anything.
ANYTHING = Sender(octets=1 << 40, least=0, ended=True, aborted=True)
#: Where the peer's FIN leads, once the target has acknowledged it.
_AFTER_FIN: dict[State, State] = {
    "SYN-RECEIVED": "CLOSE-WAIT",
    "ESTABLISHED": "CLOSE-WAIT",
    "FIN-WAIT-1": "CLOSING",
    "FIN-WAIT-2": "TIME-WAIT",
}


class Due(NamedTuple):
    """An answer that packet `n` wants before `by`; a peer that lacks it sends `seq` again."""

    n: int
    seq: int | None
    by: int
    clause: str
    answer: Answer


class Suspect(NamedTuple):
    """A number that packet `n` had too early: a lie, or the capture lacks what came before."""

    n: int
    number: int
    found: Finding
    low: int
    arrived: int


class WireFlow:
    """Everything known of one connection."""

    def __init__(self, seen: Connection, default_mss: int, vantage: Vantage) -> None:
        self.seen = seen
        self.tcb = Tcb("CLOSED")
        self.peer, self.own = Offer(), Offer()
        self.syn: Segment | None = None
        self.last_ns = seen.began_ns
        self.oversize: list[tuple[int, int, int]] = []
        self._exact = vantage == "target"
        self._default_mss = default_mss
        self._alive = self.tcb
        self._closed_by = ""
        self._closed_ns = 0
        self._evident = False
        self._received: Received | None = None
        self._fin_at: int | None = None
        self._acked: int | None = None
        self._right: int | None = None
        self._high = self._una = 0
        self._edge: int | None = None
        self._edges: deque[int] = deque(maxlen=64)
        self._acks: deque[int] = deque(maxlen=256)
        self._ends: deque[int] = deque(maxlen=256)
        self._text = SentText()
        self._stamps = Stamps()
        self._due: Due | None = None
        self._lied: Suspect | None = None
        self._gap: Suspect | None = None
        self._beyond = 0
        self._silent_since = 0

    # -- questions ---------------------------------------------------------------------------------

    def over(self, now: int) -> bool:
        """Whether the connection has ended, or may have been given up unseen."""
        if self._closed_by or now - self.last_ns > FORGOTTEN_NS:
            return True
        return self.tcb.state == "TIME-WAIT" or (not self._exact and self.tcb.state in FIN_TAKEN)

    def makes_room(self, syn: Segment, now: int) -> bool:
        """Whether a SYN of the peer's is of another connection, whatever the target answers."""
        if self._closed_by:
            return True
        again = self.syn is not None and self.syn.seq == syn.seq
        return self.tcb.state in SYNCHRONIZED - {"TIME-WAIT"} and self.over(now) and not again

    def is_new(self, own: Segment) -> bool:
        """Whether a SYN of the target's is not the one that began this connection."""
        return own.seq != self.tcb.iss or (bool(self._closed_by) and not own.flags & ACK)

    def may_reopen(self, now: int) -> bool:
        """Whether a new handshake may take the place of this connection."""
        uncertain = not self._exact or self.seen.holes or self.seen.midway
        return bool(self.over(now) or uncertain)

    @property
    def begun(self) -> bool:
        """Whether anything of a connection has been seen."""
        return self.tcb.state != "CLOSED" or bool(self._closed_by)

    # -- what arrives ------------------------------------------------------------------------------

    def arrives(self, segment: Segment, now: int, n: int) -> None:
        """The peer's segment, on its way to the target or there."""
        self._passes(now, segment)
        self.seen.arrived += 1
        self.last_ns = now
        flags = segment.flags
        self._remember(segment)
        if flags & SYN:
            if not flags & ACK:
                self.syn = segment
            if self.tcb.state in {"CLOSED", "SYN-SENT"} and not self._closed_by:
                self.peer = offer_of(segment)
        else:
            segment = segment._replace(window=segment.window << self._scale(self.peer))
        if not self.begun and not self._begins_midway(segment):
            return
        self._acknowledged(segment)
        if self._received is not None and not flags & SYN:
            self._text_arrives(segment, self._received)
        self._judged_by_rules(segment, now, n)

    def _remember(self, segment: Segment) -> None:
        """What a reset or an echo may refer to."""
        if segment.flags & ACK:
            self._acks.append(segment.ack)
        self._ends.append((segment.seq + segment.seg_len) & MASK)
        self._stamps.arrives(segment, self.last_ns)

    def _begins_midway(self, segment: Segment) -> bool:
        if segment.flags & (SYN | RST) or not segment.flags & ACK:
            return False
        self._learn(iss=segment.ack - 1, irs=segment.seq - 1)
        return True

    def _learn(self, iss: int, irs: int) -> None:
        """The capture begins in mid-connection: numbers from the first segment that is seen."""
        self.seen.midway = True
        self._to(wire_begin.midway(iss & MASK, irs & MASK))
        self._high = self._una = self.tcb.iss + 1
        self._received = Received(self.tcb.irs + 1)

    def _acknowledged(self, segment: Segment) -> None:
        """What the peer has of the target's text, and how far its window reaches."""
        if not segment.flags & ACK or segment.flags & RST:
            return
        ack = unwrapped(segment.ack, self._high)
        if ack > self._high:
            if self._learning(self.last_ns):
                self._sent_up_to(ack)
            self._beyond = max(self._beyond, ack)
        if self._gap is not None and ack >= self._gap.number:
            self._hole(f"packets of the target before packet {self._gap.n}")
            self._gap = None
        self._una = max(self._una, min(ack, self._high))
        self._text.acknowledged(self._una)
        if self._window_known() and ack >= self._una - UNKNOWN_WINDOW:
            right = ack + segment.window
            self._edge = right if self._edge is None else max(self._edge, right)
            self._edges.append(right & MASK)

    def _text_arrives(self, segment: Segment, received: Received) -> None:
        left = unwrapped(segment.seq, received.edge)
        if abs(left - received.edge) > UNKNOWN_WINDOW:
            return
        right = left + segment.seg_len
        lied = self._lied
        if lied is not None and left >= lied.number:
            self._hole(f"packets of the peer before packet {lied.n}")
            received.jump(lied.number)
            self._lied = None
        if segment.flags & RST:
            return
        if segment.flags & FIN:
            self._fin_at = right - 1
        if right > left:
            received.add(left, right)
        else:
            received.high = max(received.high, left)

    def _judged_by_rules(self, segment: Segment, now: int, n: int) -> None:
        tcb = self.tcb
        if self._received is not None and tcb.state in SYNCHRONIZED and not self._exact:
            tcb = tcb._replace(rcv_wnd=UNKNOWN_WINDOW)
        branches = segment_arrives(tcb, segment)
        crossed = tcb.state == "SYN-RECEIVED" and segment.flags & (SYN | ACK) == SYN | ACK
        branch = branches[-1 if crossed else 0]
        if self._exact:
            self._wants(branches, segment, now, n)
        if branch.tcb.state == "CLOSED":
            if tcb.state != "CLOSED":
                self._closes(branch.clause, now)
            return
        if branch.tcb.state == "SYN-RECEIVED" and tcb.state == "SYN-SENT":
            self._received = Received(branch.tcb.rcv_nxt)
        elif branch.tcb.state in SYNCHRONIZED and tcb.state == "SYN-SENT":
            self._received = Received((segment.seq + 1) & MASK)
            self._acked = None
        self._to(branch.tcb)

    def _wants(self, branches: tuple[Branch, ...], segment: Segment, now: int, n: int) -> None:
        """The answer due, where no branch allows silence and nothing may hold it back."""
        answers = [branch.answer for branch in branches]
        if any(a.kind in {"silence", "syn-ack"} or a.may_fail for a in answers):
            return
        clause = branches[0].clause
        if not self._evident and self.tcb.state != "SYN-SENT":
            self.seen.withhold("an answer to what may be waiting in a listener's queue")
            return
        syn = segment.flags & SYN
        if self.tcb.state == "TIME-WAIT" and syn:
            self.seen.withhold("an answer to a SYN: who listens is not known")
            return
        bare = not segment.payload and not segment.flags & FIN
        if bare and now - self._silent_since < THROTTLE_NS:
            self.seen.withhold("an answer that a throttle may hold back")
            return
        if bare and not syn and clause == "RFC7323:5.3-R1":
            self.seen.withhold("an answer to an acknowledgement that was overtaken")
            return
        by = now + SLACK_NS + int(max(a.within_s for a in answers) * NS_PER_S)
        if self._due is None or by < self._due.by:
            again = None if bare or syn else segment.seq
            self._due = Due(n, again, by, clause, answers[0])

    def _passes(self, now: int, arriving: Segment | None = None) -> None:
        """What was due before `now` and has not come.

        A peer that goes on has had its answer: then it is the capture that lacks it.
        """
        due = self._due
        if due is None or now <= due.by:
            return
        self._due = None
        clause = "RFC9293:MUST-40" if due.answer.within_s else due.clause
        if arriving is not None and due.seq is not None:
            again = arriving.seg_len and offset(arriving.seq, due.seq) <= 0
            if not again and not arriving.flags & RST:
                self._hole(f"an answer to packet {due.n}")
                return
        why = f"the answer due has not come in {due.answer.within_s + SLACK_NS / NS_PER_S:g} s"
        self.seen.count(clause)
        self._found(Finding(due.n, clause, why, str(due.answer)))

    # -- what leaves -------------------------------------------------------------------------------

    def leaves(self, segment: Segment, now: int, n: int, *, cut: bool) -> None:
        """The target's segment."""
        self._passes(now)
        self.seen.sent += 1
        self.last_ns = self._silent_since = now
        due, self._due = self._due, None
        if due is not None:
            self.seen.count("RFC9293:MUST-40" if due.answer.within_s else due.clause)
        for fault in faults(segment, self.peer):
            self._refused(fault, n, whole=False)
        if segment.flags & RST:
            self._own_reset(segment, now, n)
        elif segment.flags & SYN:
            self._own_syn(segment, n)
        else:
            self._own_segment(segment, now, n, cut=cut)

    def _own_segment(self, segment: Segment, now: int, n: int, *, cut: bool) -> None:
        self.seen.count("RFC9293:3.4-ACK-SANE")
        if not segment.flags & ACK:
            why = "a segment without ACK after the handshake"
            self._found(Finding(n, "RFC9293:3.4-ACK-SANE", why, "ACK set", whole=False))
            return
        if not self.begun:
            self._learn(iss=segment.seq - 1, irs=segment.ack - 1)
        if self.tcb.state == "SYN-SENT":
            self._hole(f"the SYN,ACK before packet {n}")
            self._learn(iss=self.tcb.iss, irs=segment.ack - 1)
        tcb = self._tcb_to_send(now)
        if tcb is None:
            why = "the connection has ended, and the target goes on"
            self._found(Finding(n, self._closed_by, why, "silence or a reset"))
            return
        self._evident = True
        segment = segment._replace(window=segment.window << self._scale(self.own))
        at = unwrapped(segment.seq, self._high)
        sane = self._acknowledges(segment, now, n)
        self._stamped(segment, n)
        self._sacks(segment, n)
        if segment.payload:
            self._own_text(segment, at, n, cut=cut)
        self._sequence(tcb, segment, at, n)
        if sane:
            self._shrinks(segment, n)

    def _tcb_to_send(self, now: int) -> Tcb | None:
        if not self._closed_by:
            return self.tcb
        if not self._exact or now - self._closed_ns <= SLACK_NS:
            return self._alive
        return None

    def _acknowledges(self, segment: Segment, now: int, n: int) -> bool:
        """The ACK number: what has come, and never less than before (3.4)."""
        received = self._received
        if received is None:
            received = self._received = Received(segment.ack)
        ack = unwrapped(segment.ack, received.edge)
        clause = "RFC9293:3.4-ACK-SANE"
        lied = self._lied
        sure = lied is not None and (self._exact or received.high < lied.number)
        if lied is not None and ack < lied.number and sure:
            self._found(lied.found)
            self._lied = None
        elif lied is not None and ack <= received.edge:
            # It has come by now, for the first time or again: who knows.
            self.seen.withhold("an acknowledgement of what was captured only later")
            self._lied = None
        if ack > received.edge:
            if self._learning(now):
                received.jump(ack)
            elif ack <= received.high and not self._exact:
                self._hole(f"packets of the peer before packet {n}")
                received.jump(ack)
            elif self._lied is None:
                why = f"ACK={segment.ack}, {ack - received.edge} octets beyond what has come"
                found = Finding(n, clause, why, f"ACK={received.edge & MASK} at most")
                self._lied = Suspect(n, ack, found, received.edge, self.seen.arrived)
                return False
            else:
                return False
        if self._acked is not None and ack < self._acked:
            if self._exact:
                why = f"ACK={segment.ack}, {self._acked - ack} octets below an earlier one"
                right = f"ACK={self._acked & MASK} or more"
                self._found(Finding(n, clause, why, right, whole=False))
            return False
        self._acked = ack
        tcb = self.tcb
        if offset(segment.ack, tcb.rcv_nxt) > 0:
            self.tcb = tcb = tcb._replace(rcv_nxt=segment.ack)
        if self._fin_at is not None and ack > self._fin_at and tcb.state in _AFTER_FIN:
            self._to(tcb._replace(state=_AFTER_FIN[tcb.state]))
        return True

    def _stamped(self, segment: Segment, n: int) -> None:
        """RFC 7323, 3.2: a timestamp in every segment, and an echo of one that has come."""
        stamps = timestamps(segment)
        if not (self.peer.stamps and self.own.stamps):
            if stamps is None or not self.seen.midway:
                return
        elif stamps is None:
            why = "no timestamp, and both ends have agreed on them"
            self.seen.count("RFC7323:3.2-ALWAYS")
            self._found(Finding(n, "RFC7323:3.2-ALWAYS", why, "a timestamp", whole=False))
            return
        else:
            self.seen.count("RFC7323:3.2-ALWAYS")
        self._echoes(stamps.tsecr, n)
        if self._exact:
            self.seen.count(CLOCK)
            wrong = self._stamps.ticks(stamps.tsval)
            if wrong is not None:
                self._refused(wrong, n, whole=False)

    def _echoes(self, tsecr: int, n: int) -> None:
        judged = self._stamps.echoes(
            tsecr, self.last_ns, midway=self.seen.midway, in_order=self._exact
        )
        if not judged.sure:
            self.seen.withhold("the echo of a timestamp that came in no packet of the capture")
        elif judged.wrong is None:
            self.seen.count(ECHO)
        else:
            self._refused(judged.wrong, n, whole=True)

    def _sacks(self, segment: Segment, n: int) -> None:
        """Blocks of octets that have come; the first may repeat what was acknowledged (2883)."""
        received = self._received
        sack = next((o for o in segment.options if isinstance(o, Sack)), None)
        if sack is None or received is None or self.seen.midway:
            return
        clause = "RFC2018:4-BLOCK-EDGES"
        self.seen.count(clause)
        for low, high in sack.blocks:
            left = unwrapped(low, received.edge)
            right = unwrapped(high, received.edge)
            if left < right <= received.high + PLAUSIBLE and not received.holds(left, right):
                self.seen.withhold("a block of octets that packets not captured may explain")
                return
            if left >= right or not received.holds(left, right):
                why = f"a block {low}:{high} of octets that have not come"
                self._found(Finding(n, clause, why, "blocks of what was received"))
                return

    def _own_text(self, segment: Segment, at: int, n: int, *, cut: bool) -> None:
        """The same octets at the same place, and no more of them than the peer takes."""
        self._measure(len(segment.payload), n)
        if cut:
            return
        if at >= self._una - 1:
            self.seen.count("RFC9293:3.4-WRAP")
        keep_alive = len(segment.payload) == 1 and at == self._high - 1
        end = at + len(segment.payload)
        if at < self._high:
            other = 0 if keep_alive else self._text.differs(at, segment.payload)
            if other:
                why = f"octets that differ from those of packet {other} at the same place"
                self._found(Finding(n, "RFC9293:3.4-WRAP", why, "the same octets", whole=False))
        if end > self._high:
            new = segment.payload[max(0, self._high - at) :]
            self._text.append(n, end - len(new), new)

    def _measure(self, size: int, n: int) -> None:
        if not self.peer.known:
            self.seen.withhold("a segment's size: the peer's SYN is not in the capture")
            return
        mss = max(self.peer.mss or self._default_mss, SMALLEST_MSS)
        self.seen.count("RFC9293:MUST-16")
        if size > mss:
            self.oversize.append((n, size, mss))

    def _sequence(self, tcb: Tcb, segment: Segment, at: int, n: int) -> None:
        """Put to the rules: SEQ, window, FIN."""
        stamps = timestamps(segment)
        self._settle_gap(segment, at)
        if at > self._high and self._behind_a_gap(segment, at, n):
            return
        una = min(self._una, self._high)
        window = UNKNOWN_WINDOW if self._edge is None else self._edge - una
        low = at < self._high and not segment.seg_len
        if low and (segment.seq in self._edges or not self._exact or self.seen.midway):
            return  # The edge of a window that shrank, or a segment that was overtaken.
        ready = tcb._replace(
            snd_nxt=self._high & MASK,
            snd_una=una & MASK,
            snd_wnd=max(0, window),
            rcv_nxt=segment.ack,
            ts_recent=stamps.tsecr if stamps else None,
        )
        after = departs(ready, segment, ANYTHING, 1 << 30)
        self.seen.count(_clause_of(segment, self._edge is None))
        if isinstance(after, Refusal):
            self._refused(after, n, whole=True)
            self._sent_up_to(at + segment.seg_len)
            return
        state = after.state
        if state == "LAST-ACK" and tcb.state == "CLOSE-WAIT" and not self._fin_acked(segment.ack):
            state = "CLOSING"
        end = max(self._high, unwrapped(after.snd_nxt, self._high))
        self._high = end
        if not self._closed_by:
            self._to(
                self.tcb._replace(
                    state=state,
                    snd_nxt=end & MASK,
                    fin_sent=after.fin_sent,
                    rcv_wnd=self._announced(segment),
                    last_ack=segment.ack,
                )
            )

    def _settle_gap(self, segment: Segment, at: int) -> None:
        """What was skipped is sent now, for the first time: it was there to be sent."""
        gap = self._gap
        if gap is None:
            return
        if at >= gap.number and gap.number > self._high:
            self._hole(f"packets of the target before packet {gap.n}")
            self._sent_up_to(gap.number)
            self._gap = None
        elif at < gap.number and (at + segment.seg_len > gap.low or gap.number > self._high):
            # After an arrival it may be there for the second time.
            if not segment.seg_len or gap.arrived == self.seen.arrived:
                self._found(gap.found)
            else:
                self._hole(f"packets of the target before packet {gap.n}")
            self._gap = None

    def _behind_a_gap(self, segment: Segment, at: int, n: int) -> bool:
        """SEQ above SND.NXT: the capture lacks a packet, or the target has skipped octets.

        Whether nothing more can be said of the segment.
        """
        bare = not segment.seg_len
        if at <= self._beyond:
            self._hole(f"packets of the target before packet {n}")
        elif self._exact and not self._learning(self.last_ns):
            why = f"SEQ={segment.seq}, {at - self._high} octets beyond SND.NXT"
            clause = "RFC9293:3.5.2-GROUP3-EMPTY-ACK" if bare else "RFC9293:3.4-WRAP"
            found = Finding(n, clause, why, f"SEQ={self._high & MASK}")
            self._gap = self._gap or Suspect(n, at, found, self._high, self.seen.arrived)
            if bare:
                return True
        self._sent_up_to(at)
        return False

    def _sent_up_to(self, number: int) -> None:
        if number > self._high:
            self._high = number
            self.tcb = self.tcb._replace(snd_nxt=number & MASK)
            self._alive = self._alive._replace(snd_nxt=number & MASK)

    def _fin_acked(self, ack: int) -> bool:
        if self._fin_at is None or self._received is None:
            return True
        return unwrapped(ack, self._received.edge) > self._fin_at

    def _announced(self, segment: Segment) -> int:
        """RCV.WND up to the farthest edge that was ever announced."""
        edge = (self.tcb.rcv_nxt + self.tcb.rcv_wnd) & MASK
        new = offset((segment.ack + segment.window) & MASK, edge)
        return max(0, self.tcb.rcv_wnd + max(0, new))

    def _shrinks(self, segment: Segment, n: int) -> None:
        """SHLD-14: the right edge does not move to the left, but for the rounding of its scale."""
        received = self._received
        if not self._exact or not self.own.known or received is None:
            return
        right = unwrapped(segment.ack, received.edge) + segment.window
        self.seen.count("RFC9293:SHLD-14")
        if self._right is not None and right + (1 << self._scale(self.own)) < self._right:
            why = f"the window's right edge moves {self._right - right} octets to the left"
            self._found(Finding(n, "RFC9293:SHLD-14", why, "the edge stays", whole=False))
        self._right = right if self._right is None else max(right, self._right)

    # -- SYN and RST of the target -----------------------------------------------------------------

    def _own_syn(self, segment: Segment, n: int) -> None:
        active = not segment.flags & ACK
        if not self.begun:
            self.own = offer_of(segment)
            if active:
                self._to(wire_begin.active(segment))
                self._high, self._una = segment.seq + 1, segment.seq
            else:
                self._answers_syn(segment, n)
            return
        tcb = self.tcb
        if not self._exact and segment.seq == tcb.iss:
            return  # It was late, or what the target said before was.
        repeated = self._high == unwrapped(tcb.iss, self._high) + 1 and not self._evident
        if not active and tcb.passive and repeated and tcb.state in {"ESTABLISHED", "CLOSE-WAIT"}:
            rcv_nxt = (tcb.irs + 1) & MASK
            tcb = tcb._replace(state="SYN-RECEIVED", rcv_nxt=rcv_nxt)
        clause = "RFC9293:3.10.1-OPEN-ACTIVE" if active else "RFC9293:3.10.7.2-SYN"
        self.seen.count(clause)
        if active and tcb.state in SYNCHRONIZED and segment.seq == tcb.iss and not self._evident:
            return  # It crossed the SYN,ACK.
        after = departs(tcb, segment, ANYTHING, 1 << 30)
        if isinstance(after, Refusal):
            self._refused(after, n, whole=True)

    def _answers_syn(self, segment: Segment, n: int) -> None:
        """The SYN,ACK of a listener, which is inferred from it."""
        syn = self.syn
        if syn is None:
            self._hole(f"the SYN before packet {n}")
        else:
            clause = "RFC9293:3.10.7.2-SYN"
            self.seen.count(clause)
            allowed = {(syn.seq + 1) & MASK, (syn.seq + syn.seg_len) & MASK}
            if segment.ack not in allowed:
                right = f"ACK={(syn.seq + 1) & MASK}"
                why = f"a SYN,ACK with ACK={segment.ack}"
                self._found(Finding(n, clause, why, right, whole=False))
            stamps = timestamps(segment)
            if stamps is not None and self.peer.stamps:
                self._echoes(stamps.tsecr, n)
        stamped = self.peer.stamps and self.own.stamps
        self._to(wire_begin.passive(segment, syn, stamped=stamped))
        self._high, self._una = segment.seq + 1, segment.seq
        self._received = Received(self.tcb.irs + 1)
        self._edge = None if syn is None else segment.seq + 1 + syn.window

    def _own_reset(self, segment: Segment, now: int, n: int) -> None:
        """A reset answers a segment, at its ACK, or aborts, at SND.NXT (3.5.2, 3.10.5)."""
        clause = "RFC9293:3.10.5-ABORT-SYNC"
        known = {self._high & MASK, self._una & MASK, *self._edges, *self._acks}
        answers = segment.flags & ACK and segment.seq == 0 and segment.ack in self._ends
        if segment.seq in known or answers:
            self.seen.count(clause)
        elif self.seen.midway or not self.seen.arrived or self._may_be_next(segment.seq):
            self.seen.withhold("a reset that may answer a packet not captured")
        else:
            self.seen.count(clause)
            why = f"a reset with SEQ={segment.seq}"
            self._found(Finding(n, clause, why, f"SEQ={self._high & MASK}"))
        if self.tcb.state in SYNCHRONIZED or not self.begun:
            self._closes(clause, now)

    def _may_be_next(self, number: int) -> bool:
        """Whether SND.UNA or SND.NXT may be there, what the capture lacks considered."""
        at = unwrapped(number, self._high)
        last = self._high + UNKNOWN_WINDOW if self._edge is None else self._edge + 1
        return unwrapped(self.tcb.iss, self._high) < at <= last

    # -- together ----------------------------------------------------------------------------------

    def _to(self, tcb: Tcb) -> None:
        self.tcb = tcb
        states = self.seen.states
        if not states or states[-1] != tcb.state:
            states.append(tcb.state)

    def _closes(self, clause: str, now: int) -> None:
        if self._closed_by:
            return
        self._alive = self.tcb
        self._closed_by, self._closed_ns = clause, now
        self._to(self.tcb._replace(state="CLOSED"))

    def _learning(self, now: int) -> bool:
        return self.seen.midway and now - self.seen.began_ns < LEARNING_NS

    def _window_known(self) -> bool:
        return self.own.known and self.peer.known

    def _scale(self, offer: Offer) -> int:
        """By how much windows of that side are shifted; 0 while it is not known."""
        if self.peer.scale is None or self.own.scale is None:
            return 0
        return offer.scale or 0

    def _hole(self, what: str) -> None:
        if what not in self.seen.holes:
            self.seen.holes.append(what)

    def _found(self, finding: Finding) -> None:
        self.seen.findings.append(finding)

    def _refused(self, refusal: Refusal, n: int, *, whole: bool) -> None:
        self.seen.count(refusal.clause)
        self._found(Finding(n, refusal.clause, refusal.why, refusal.allowed, whole))

    def ends(self, now: int) -> None:
        """The capture is over at `now`: what is still open is decided."""
        self._passes(now)
        for suspect in (self._lied, self._gap):
            if suspect is None:
                continue
            if suspect.number - suspect.low > PLAUSIBLE:
                self._found(suspect.found)
            else:
                self.seen.withhold("a number that packets not captured may explain")
        self._lied = self._gap = None
        if self.seen.holes:
            kept = [f for f in self.seen.findings if not f.whole]
            for _ in range(len(self.seen.findings) - len(kept)):
                self.seen.withhold("the capture lacks packets of this connection")
            self.seen.findings[:] = kept
        self.seen.findings.sort()


def _clause_of(segment: Segment, window_unknown: bool) -> str:
    """The rule that a segment without fault has been held against."""
    if segment.flags & FIN:
        return "RFC9293:3.10.2-SEND-CLOSING"
    if not segment.payload:
        return "RFC9293:3.5.2-GROUP3-EMPTY-ACK"
    return "RFC9293:3.10.2-SEND-CLOSING" if window_unknown else "RFC9293:3.8.6-SEND-IN-WINDOW"
