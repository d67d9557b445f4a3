"""One connection's tuple: the hypotheses about the target's end, and both streams."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.answers import Answer
from tcpassay.model.oracle.departures import departures
from tcpassay.model.oracle.headers import Headers
from tcpassay.model.oracle.hypothesis import (
    NEVER,
    Hypothesis,
    after_arrival,
    after_departure,
    corrected,
    rank,
)
from tcpassay.model.oracle.judging import by_segment
from tcpassay.model.oracle.report import Violation
from tcpassay.model.oracle.stream import Stream
from tcpassay.model.oracle.transmission import Transmission
from tcpassay.model.rules import segment_arrives
from tcpassay.model.rules.departure import ABORTED_BY_RESET, Refusal, Sender
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.tcb import SYNCHRONIZED, Tcb, offset, text_in_order
from tcpassay.wire import ACK, FIN, PSH, RST, SYN, URG, MaximumSegmentSize, Timestamps, WindowScale

if TYPE_CHECKING:
    from tcpassay.model.answers import Branch
    from tcpassay.model.oracle.limits import Limits
    from tcpassay.model.oracle.report import Report
    from tcpassay.wire import Segment

#: Hypotheses kept at most. A flow that had more is left where none of those kept is left; the
#: report's peak shows it.
MOST = 64
#: RFC 7323, 5.5: TS.Recent is outdated when nothing has come for so long.
OUTDATED_NS = 24 * 86_400 * NS_PER_S

#: RFC 9293, 3.8.3 (MUST-20): after fewer retransmissions than R1 nobody gives up.
LEAST_RETRIES = 1

#: RFC 9293, 3.7.1: what a peer that says nothing takes, by IP version.
DEFAULT_MSS = {4: 536, 6: 1220}


class Flow:
    """Everything known of one tuple."""

    def __init__(self, ip: int, report: Report, limits: Limits) -> None:
        self.report = report
        self.limits = limits
        self.hypotheses: list[Hypothesis] = [Hypothesis(Tcb("CLOSED"))]
        self.headers = Headers()
        self.transmission = Transmission(limits)
        #: The right edge of the receive window as last announced, and by how much it may go back.
        self.edge: int | None = None
        self.keepalive: int | None = None
        self.pushed_later = False
        #: The entry with which the handshake was over.
        self.completed = 0
        self._reset_at = -1
        #: Whether the peer's FIN has been taken for sure.
        self.peer_ended = False
        #: When the peer has last sent something that changes anything.
        self._moved = 0
        #: Whether a call has told the application of the connection's end.
        self.reported = False
        self.listening = False
        self.queue_may_be_full = False
        self._syn_heard: Segment | None = None
        self.sender = Sender(octets=0, ended=False, aborted=False)
        self.given = Stream()
        self.taken = Stream()
        self.read = 0
        self.heard = 0
        #: What was true before the peer's last segment or the application's last call, and when.
        self._before: list[Hypothesis] = []
        self._before_at = 0
        self.deaf = False
        self.icmp = False
        self.user_timeout = False
        self.opaque = False
        #: Whether hypotheses have been let go that might have been true.
        self._cut = False
        #: Whether something has come from an address that no host may have.
        self.from_nowhere = False
        self.accepted = False
        #: Whether an earlier connection of this tuple may still wait in the accept queue.
        self.follows_waiting = False
        self.mss = self.default_mss = DEFAULT_MSS[ip]
        self.peer_scale: int | None = None
        self.stack_scale: int | None = None
        self.retries = 0
        #: Whether the connection may have been given up before something came for it.
        self.lapsed = False
        self.peer_stamps = self.stack_stamps = False

    @property
    def may_be_given_up(self) -> bool:
        """Whether enough has gone unanswered, or ICMP has said enough, to give up."""
        return self.icmp or self.user_timeout or self.lapsed or self.retries >= LEAST_RETRIES

    @property
    def unread(self) -> int:
        """Octets of the peer's text that the application could still read, at least."""
        if self.taken.loose or self.deaf:
            return 0
        return min(text_in_order(h.tcb) for h in self.hypotheses) - self.read

    # -- time ------------------------------------------------------------------------------------

    def passes(self, now: int, n: int) -> None:
        """What was due before `now` and has not come ends the hypotheses that wanted it."""
        if self.transmission.due < now:
            self._not_sent_again(n)
        alive = self.hypotheses
        if len(alive) == 1 and alive[0].ack_by >= now and alive[0].due_by >= now:
            return
        left = [h for h in alive if h.ack_by >= now and h.due_by >= now]
        if len(left) == len(alive):
            return
        if not left and all(min(h.ack_by, h.due_by) > self.heard for h in alive):
            left = [h for h in self._lapsed(now) if h.due_by >= now]
        if not left and self._cut:
            self.opaque = True
            return
        if not left:
            clause, answer = alive[0].overdue(now) or ("", "")
            others = tuple(o[0] for h in alive[1:] if (o := h.overdue(now)))
            self._violated(Violation(n, clause, "the answer due has not come", answer, others))
            left = [h._replace(ack_by=1 << 62, due=None, due_by=1 << 62) for h in alive]
        self.hypotheses = left
        self._only_variants(n)

    @property
    def deadline(self) -> int:
        """The first moment at which something is due (ns); never where nobody can tell."""
        if self.opaque:
            return NEVER
        due = self.transmission.due
        for h in self.hypotheses:
            due = min(due, h.ack_by, h.due_by)
        return due

    def _not_sent_again(self, n: int) -> None:
        transmission = self.transmission
        transmission.due = NEVER
        if any(h.tcb.state in {"CLOSED", "TIME-WAIT"} for h in self.hypotheses) or self.icmp:
            return
        what = "a probe" if transmission.clause == "RFC9293:MUST-36" else "what is not acknowledged"
        why = f"{what} has not been sent in time"
        self._violated(Violation(n, transmission.clause, why, "a retransmission"))

    def _lapsed(self, now: int) -> list[Hypothesis]:
        """Hypotheses whose connection may be gone by now: TIME-WAIT over, or given up."""
        return [
            Hypothesis(h.tcb._replace(state="CLOSED"))
            for h in self.hypotheses
            if self._may_be_gone(h, now)
        ]

    def _may_be_gone(self, h: Hypothesis, now: int) -> bool:
        state = h.tcb.state
        if state == "TIME-WAIT":
            return now - h.since >= self.limits.time_wait
        if state == "CLOSED":
            return False
        if state == "FIN-WAIT-2" and h.tcb.read == "gone":
            return True
        gone = self.retries >= LEAST_RETRIES
        gone = gone and not self.transmission.waits_too_short(now, state)
        self.lapsed = self.lapsed or gone
        return gone

    # -- segments --------------------------------------------------------------------------------

    def arrives(self, segment: Segment, now: int, n: int) -> None:
        """The peer's segment reaches the target."""
        flags = segment.flags
        if flags & SYN:
            self._peer_syn(segment)
        elif self.peer_scale and self.stack_scale is not None:
            segment = segment._replace(window=segment.window << self.peer_scale)
        if now - self.heard > OUTDATED_NS:
            self.hypotheses = [_outdated(h, segment) for h in self.hypotheses]
        self.heard = now
        self._reset_at = now if flags & RST else -1
        self._changes(now)
        out: dict[Hypothesis, None] = {}
        for h in (*self.hypotheses, *self._lapsed(now)):
            for new in self._one_arrival(h, segment, now):
                out[new] = None
        kept = _without_needless(out)
        self.report.peak = max(self.report.peak, len(kept))
        if len(kept) > MOST:
            self._cut, kept = True, _some_of_each(kept)
        self.hypotheses = kept
        self._heard(segment, now, n)
        self._only_variants(n)
        if flags & URG:
            self.taken.loose = True
        if segment.payload and flags & (ACK | SYN):
            self._take_text(segment)

    def _take_text(self, segment: Segment) -> None:
        """Text of the peer's, in its place; the number of its SYN may be one of several."""
        for irs in dict.fromkeys(h.tcb.irs for h in self.hypotheses if h.tcb.irs):
            at = offset(segment.seq, irs) - 1 + bool(segment.flags & SYN)
            if -len(segment.payload) < at < 1 << 24:
                self.taken.place(at, segment.payload)
                return

    def _changes(self, now: int) -> None:
        self._before, self._before_at = self.hypotheses, now

    def _heard(self, segment: Segment, now: int, n: int) -> None:
        hypotheses = self.hypotheses
        tcb = next((h.tcb for h in hypotheses if h.tcb.state != "CLOSED"), hypotheses[0].tcb)
        if not self._before or tcb != self._before[0].tcb:
            self._moved = now
        sure = len(hypotheses) == 1 or all(
            h.tcb.snd_una == tcb.snd_una and h.tcb.state != "CLOSED" for h in hypotheses
        )
        stamps = timestamps(segment) if segment.options else None
        if stamps is not None:
            self.transmission.echoed(stamps.tsecr, now)
        heard = self.transmission.hears(tcb, now, sure=sure and not self.queue_may_be_full)
        if heard and tcb.state != "CLOSED":
            self.retries = 0
        if sure and not tcb.snd_wnd:
            self.wants_probe(now)
        self.peer_ended = self.peer_ended or all(h.tcb.fin_taken for h in hypotheses)
        if not self.completed and tcb.state in SYNCHRONIZED:
            self.completed = n

    def wants_probe(self, now: int) -> None:
        """MUST-36: text that the application has given may wait behind a closed window."""
        tcb = self.hypotheses[0].tcb
        if (
            self.queue_may_be_full
            or tcb.snd_wnd
            or tcb.state not in {"ESTABLISHED", "CLOSE-WAIT"}
            or self.sender.aborted
        ):
            return
        if self.sender.least > offset(tcb.snd_nxt, tcb.iss) - 1:
            self.transmission.wants_probe(tcb, now)

    def _one_arrival(self, h: Hypothesis, segment: Segment, now: int) -> list[Hypothesis]:
        tcb = h.tcb
        if tcb.state == "CLOSED" or not h.bound:
            tcb = Tcb("LISTEN" if self.listening else "CLOSED")
            if h.bound:
                ended = not self.listening and (h.tcb.fin_taken or h.told == "ended")
                h = Hypothesis(tcb, now, told="ended" if ended else "")
        branches = segment_arrives(tcb, segment)
        branches = (*branches, *departures(tcb, segment))
        if self.limits.cookies and tcb.state == "SYN-RECEIVED" and tcb.passive:
            branches = (*branches, *segment_arrives(Tcb("LISTEN"), segment))
        count = self.report.count
        out = []
        for branch in branches:
            count(branch.clause)
            if self._may_be_kept_back(branch, now):
                branch = branch._replace(answer=branch.answer._replace(may_fail=True))  # noqa: PLW2901 - weaker
            if branch.variant in self.limits.variants:
                branch = branch._replace(label="optional")  # noqa: PLW2901 - asked for
            new = after_arrival(h, branch, now, self.limits.slack)
            if new.tcb.state == tcb.state == "TIME-WAIT" and not _repeats_fin(tcb, segment):
                new = new._replace(since=h.since)
            if new.tcb.state == "LISTEN":
                new = new._replace(tcb=new.tcb._replace(state="CLOSED"))
            out.append(new)
            if branch.answer.kind == "syn-ack" and self.queue_may_be_full:
                out.append(new._replace(due_by=1 << 62))
        if tcb.state == "SYN-RECEIVED" and tcb.passive and self.queue_may_be_full:
            # A full accept queue: the ACK that would complete the handshake is not taken.
            out.append(h)
            out.append(_refused_for_want_of_room(h, segment))
        return out

    def _may_be_kept_back(self, branch: Branch, now: int) -> bool:
        """Whether a throttle, or quiet time, may keep the target from answering."""
        challenge = branch.clause.startswith(_CHALLENGED) and self.limits.challenged(now)
        return challenge or self.limits.quiet

    def _peer_syn(self, segment: Segment) -> None:
        """The options of a SYN count once it has opened a connection for sure."""
        self._syn_heard = segment
        if all(h.tcb.state in {"CLOSED", "SYN-SENT"} or not h.bound for h in self.hypotheses):
            self._take_options(segment)

    def _take_options(self, syn: Segment) -> None:
        self.headers.hears(syn)
        self.mss, self.peer_scale, self.peer_stamps = self.default_mss, None, False
        for option in syn.options:
            if isinstance(option, MaximumSegmentSize):
                self.mss = option.value or self.default_mss
            elif isinstance(option, WindowScale):
                self.peer_scale = min(option.shift, 14)
            elif isinstance(option, Timestamps):
                self.peer_stamps = True

    def given_up(self, now: int) -> None:
        """The application has been told that the connection has timed out: it is gone.

        A reset that goes with it may still be on its way.
        """
        self.reported = True
        self.transmission.forget()
        self.hypotheses = [
            Hypothesis(
                h.tcb._replace(state="CLOSED"),
                now,
                due=Answer("rst", h.tcb.reset_numbers, (h.tcb.rcv_nxt,)),
                due_clause="RFC9293:3.10.8-USER-TIMEOUT",
                told=h.told,
            )
            for h in self.hypotheses
        ]

    def reborn(self, old: Flow) -> None:
        """A SYN has followed another connection of this tuple; what may be true of it goes on here.

        The old one was in TIME-WAIT, or its handshake has been given up.
        """
        self.hypotheses = [h for h in old.hypotheses if not h.bound]
        self.listening, self.heard, syn = old.listening, old.heard, old._syn_heard
        if syn is not None:
            self._take_options(syn)
            self.taken.place(0, syn.payload)
            self.taken.loose = bool(syn.flags & URG)
        old.hypotheses = [Hypothesis(Tcb("CLOSED"))]
        old.transmission.forget()

    def leaves(self, segment: Segment, now: int, n: int) -> None:
        """The target's segment."""
        flags = segment.flags
        if flags & SYN:
            if self._syn_heard is not None and any(not h.bound for h in self.hypotheses):
                self._take_options(self._syn_heard)
            self._stack_syn(segment)
        elif self.stack_scale and self.peer_scale is not None:
            segment = segment._replace(window=segment.window << self.stack_scale)
        header = self.headers.wrong(segment, now)
        after = [self._one_departure(h, segment, now) for h in self.hypotheses]
        left = list(dict.fromkeys(h for h in after if isinstance(h, Hypothesis)))
        before = self.hypotheses[after.index(left[0]) if left else 0].tcb
        crossed = self._crossed(segment, now)
        if not left and crossed:
            return
        if not left:
            lapsed = [self._one_departure(h, segment, now) for h in self._lapsed(now)]
            left = [h for h in lapsed if isinstance(h, Hypothesis)]
        if left:
            new = left[0].tcb.snd_nxt != self.hypotheses[0].tcb.snd_nxt
            # What may have crossed leaves open what is due.
            self.hypotheses = list(dict.fromkeys([*left, *self.hypotheses])) if crossed else left
            self._only_variants(n)
            if not flags & RST:
                self.retries += not new and self._asks(segment)
            self.peer_ended = self.peer_ended or all(h.tcb.fin_taken for h in self.hypotheses)
            count = self.report.count
            for clause in by_segment(segment, stamped=before.ts_recent is not None):
                count(clause)
            self._hold_text(before, segment, n)
            if header is not None:
                self._stands_against(header, n)
            self._sent(before, segment, now, n)
            return
        self._refused(segment, now, n, [r for r in after if isinstance(r, Refusal)])

    def _sent(self, before: Tcb, segment: Segment, now: int, n: int) -> None:
        """What a segment that the numbers allow means for timers, windows and probes."""
        flags = segment.flags
        if flags & RST:
            if not self.open:
                self.transmission.forget()
            return
        wrong = self._window(segment)
        stamps = timestamps(segment) if segment.options else None
        if stamps is not None:
            self.transmission.stamps(stamps.tsval, now)
        if not segment.seg_len or self._is_keepalive(before, segment):
            self.transmission.probes()
            wrong = wrong or self._keepalive(before, segment, now)
        elif not (self.icmp or self.queue_may_be_full or self.opaque):
            wrong = wrong or self._pushed(segment)
            wrong = self.transmission.leaves(before, segment, now) or wrong
        if wrong is not None:
            self._stands_against(wrong, n)

    def _window(self, segment: Segment) -> Refusal | None:
        """3.8.6 (SHLD-14): the right edge does not go left, but for what scaling rounds."""
        new, old = (segment.ack + segment.window) & 0xFFFFFFFF, self.edge
        if not segment.flags & ACK:
            return None
        if old is None or segment.flags & SYN or self.peer_ended:
            # Behind the peer's FIN a window means nothing; a cookie remembers none (RFC 4987, 3.6).
            self.edge = None if self.limits.cookies and segment.flags & SYN else new
            return None
        by = offset(old, new)
        if by <= 0:
            self.edge = new
            return None
        scale = self.stack_scale or 0
        if by < 1 << scale:
            return None
        if self.peer_scale is None and segment.window + by < (segment.window + 1) << scale:
            self.peer_scale, self.edge = 0, new + (segment.window << scale) - segment.window
            why = (
                f"a window of {segment.window} that is scaled by {scale}, and the SYN had no scale"
            )
            return Refusal("RFC7323:2.2-NEGOTIATE", why, f"a window of {segment.window + by}")
        why = f"the right edge of the window goes back by {by}"
        return Refusal("RFC9293:SHLD-14", why, f"a window of {segment.window + by}")

    def _is_keepalive(self, tcb: Tcb, segment: Segment) -> bool:
        return (
            len(segment.payload) < 2
            and offset(segment.seq, tcb.snd_nxt) == -1
            and not (segment.flags & (FIN | SYN) or tcb.snd_una != tcb.snd_nxt)
        )

    def _keepalive(self, tcb: Tcb, segment: Segment, now: int) -> Refusal | None:
        """3.8.4: a probe below SND.NXT is for connections that asked for it, and are idle."""
        if (
            any(not h.tcb.snd_wnd for h in self.hypotheses)
            or tcb.fin_sent
            or not self._is_keepalive(tcb, segment)
        ):
            return None
        if self.keepalive is None:
            return Refusal("RFC9293:MUST-25", "a keep-alive that nobody has asked for", "silence")
        idle = now - self._moved
        if self.limits.timed and idle < self.keepalive - self.limits.slack:
            why = f"a keep-alive {idle / NS_PER_S:g} s after the peer's last segment"
            return Refusal("RFC9293:MUST-26", why, f"after {self.keepalive / NS_PER_S:g} s")
        return None

    def _pushed(self, segment: Segment) -> Refusal | None:
        """MUST-61: the last text that the application has given carries PSH."""
        if segment.flags & (PSH | FIN | SYN) or self.pushed_later:
            return None
        end = offset(segment.seq, self.hypotheses[0].tcb.iss) - 1 + len(segment.payload)
        if self.given.loose or end != self.sender.octets:
            return None
        return Refusal("RFC9293:MUST-61", "the last of the queued text without PSH", "PSH")

    def _stands_against(self, wrong: Refusal, n: int) -> None:
        self._violated(Violation(n, wrong.clause, wrong.why, wrong.allowed))

    def _crossed(self, segment: Segment, now: int) -> bool:
        """Whether a segment was on its way when the peer's last one came, or the last call.

        Real time only: there the line was last seen empty before that.
        """
        if not self.limits.slack or self._before_at <= self.limits.drained:
            return False
        return any(
            isinstance(new := self._one_departure(h, segment, now), Hypothesis)
            and new.tcb.snd_nxt == h.tcb.snd_nxt
            for h in self._before
        )

    def _asks(self, segment: Segment) -> bool:
        """Whether a segment is a repetition or a probe: something that wants an answer."""
        return bool(segment.seg_len) or segment.seq != self.hypotheses[0].tcb.snd_nxt

    def _one_departure(self, h: Hypothesis, segment: Segment, now: int) -> Hypothesis | Refusal:
        if h.tcb.state == "CLOSED" and h.due is None:
            clause = "RFC9293:MUST-63" if self.from_nowhere else "RFC9293:3.5.2-NO-RST-FOR-RST"
            return Refusal(clause, "no connection, and nothing to answer", "silence")
        sender = self.sender
        if segment.flags & RST and (self.user_timeout or self.retries >= LEAST_RETRIES):
            given_up = not self.transmission.waits_too_short(now, h.tcb.state)
            sender = sender._replace(aborted=sender.aborted or self.user_timeout or given_up)
        return after_departure(h, segment, sender, self.mss, now)

    def _refused(self, segment: Segment, now: int, n: int, refusals: list[Refusal]) -> None:
        if self._cut:
            self.opaque = True
            return
        order = sorted(range(len(refusals)), key=lambda i: rank(self.hypotheses[i], segment))
        nearest = refusals[order[0]]
        if self._reset_at >= 0 and now - self._reset_at <= self.limits.slack:
            if segment.flags & RST:
                clause = "RFC9293:3.5.2-NO-RST-FOR-RST"
                nearest = nearest._replace(clause=clause, allowed="silence")
            elif nearest.clause == "RFC5961:10-ACK-LOOP":
                clause = "RFC9293:3.10.7.4-SEQ-RST-SILENT"
                nearest = nearest._replace(clause=clause, allowed="silence")
        others = tuple(refusals[i].clause for i in order[1:])
        self._violated(Violation(n, nearest.clause, nearest.why, nearest.allowed, others))
        if segment.flags & RST:
            self.hypotheses = [Hypothesis(Tcb("CLOSED"))]
        else:
            self.hypotheses = list(dict.fromkeys(corrected(h, segment) for h in self.hypotheses))

    def _stack_syn(self, segment: Segment) -> None:
        self.stack_scale, self.stack_stamps = None, False
        for option in segment.options:
            if isinstance(option, WindowScale):
                self.stack_scale = option.shift
            elif isinstance(option, Timestamps):
                self.stack_stamps = True

    def _hold_text(self, tcb: Tcb, segment: Segment, n: int) -> None:
        if not segment.payload:
            return
        at = offset(segment.seq, tcb.iss) - 1
        keep_alive = len(segment.payload) == 1 and offset(segment.seq, tcb.snd_nxt) == -1
        if not keep_alive and self.given.differs(at, segment.payload):
            why = "octets that differ from what the application has sent"
            self._violated(Violation(n, "RFC9293:3.4-WRAP", why, "the octets of send()"))

    def _violated(self, violation: Violation) -> None:
        self.report.violations.append(violation)

    # -- the application --------------------------------------------------------------------------

    def gives(self, data: bytes) -> None:
        """The application has handed over octets to send."""
        self.given.append(data)
        self.sender = self.sender._replace(octets=len(self.given.octets))

    def _only_variants(self, n: int) -> None:
        """Say so once no hypothesis is left that keeps to the rules without a variant."""
        first = self.hypotheses[0].variant
        if first is None or any(not h.variant for h in self.hypotheses):
            return
        clause, name = first
        self._violated(Violation(n, clause, f"not as this clause has it, but as {name}"))
        self.hypotheses = [h._replace(variant=None) for h in self.hypotheses]

    def ends(self) -> None:
        """The application closes its direction: FIN-WAIT-1 now (3.10.4), or with the FIN."""
        self.sender = self.sender._replace(ended=True)
        self.hypotheses += [
            h._replace(tcb=h.tcb._replace(state="FIN-WAIT-1"))
            for h in self.hypotheses
            if h.tcb.state == "ESTABLISHED"
        ]

    def handed_out(self) -> None:
        """accept() has given the connection to the application: its handshake is over."""
        self.accepted, self.queue_may_be_full = True, False
        opened = [h for h in self.hypotheses if h.tcb.snd_una != h.tcb.iss]
        self.hypotheses = opened or self.hypotheses

    def reads_no_more(self) -> None:
        """The application shuts down the peer's direction: text may be kept, lost or reset."""
        self.deaf = True
        self.hypotheses = [
            h._replace(tcb=h.tcb._replace(read="shut")) if h.tcb.read == "open" else h
            for h in self.hypotheses
        ]

    def may_be_dropped(self) -> None:
        """shutdown() before the handshake: POSIX has an error for it, 3.10.4 an end in SYN-SENT."""
        self.hypotheses += [
            Hypothesis(h.tcb._replace(state="CLOSED"))
            for h in self.hypotheses
            if h.tcb.state == "SYN-SENT"
        ]

    def abandoned(self, now: int, clause: str) -> None:
        """Nobody has a descriptor any more; `clause` wants a reset, empty where none is due."""
        self._changes(now)
        # Where the peer has sent two texts to one place nobody knows how much is unread.
        most = max(text_in_order(h.tcb) for h in self.hypotheses)
        unsure = self.taken.loose or self.deaf or most > self.read
        self.sender = self.sender._replace(ended=True, aborted=bool(clause) or unsure)
        lost: list[Hypothesis] = []
        if unsure or self.unread > 0:
            lost = [new for h in self.hypotheses for new in _shows_lost_text(h, now)]
        if clause:
            each = [_aborted(h, now, clause, self.accepted) for h in self.hypotheses]
            self.hypotheses = [*(new for some in each for new in some), *self._lapsed(now)]
        else:
            self.hypotheses = [
                h._replace(tcb=h.tcb._replace(state="CLOSED"))
                if h.tcb.state == "SYN-SENT"  # 3.10.4-CLOSE-SYNSENT
                else h._replace(tcb=h.tcb._replace(read="gone"))
                for h in self.hypotheses
            ]
            self.ends()
        self.hypotheses += lost

    def opens(self, segment: Segment, now: int, n: int) -> None:
        """The target's own SYN, by a connect() of its application."""
        tcb = Tcb(
            "SYN-SENT",
            passive=False,
            iss=segment.seq,
            snd_una=segment.seq,
            snd_nxt=(segment.seq + 1) & 0xFFFFFFFF,
            rcv_wnd=segment.window,
            ts_offered=timestamps(segment) is not None,
        )
        self._stack_syn(segment)
        for clause in by_segment(segment, stamped=False):
            self.report.count(clause)
        self.hypotheses = [Hypothesis(tcb, now)]
        wrong = self.headers.wrong(segment, now)
        if wrong is not None:
            self._stands_against(wrong, n)
        self.transmission.leaves(tcb, segment, now)
        stamps = timestamps(segment)
        if stamps is not None:
            self.transmission.stamps(stamps.tsval, now)

    @property
    def over(self) -> bool:
        """Whether there has been a connection, and there is none any more."""
        return bool(self.completed) and all(
            h.tcb.state == "CLOSED" and h.due_by == NEVER for h in self.hypotheses
        )

    @property
    def settled(self) -> bool:
        """Whether there is a connection for sure, beyond its handshake and before its end."""
        tcb = self.hypotheses[0].tcb
        return len(self.hypotheses) == 1 and tcb.state in SETTLED

    @property
    def was_opening(self) -> bool:
        """Whether there may be an older connection whose handshake is not over."""
        return any(h.bound and h.tcb.state == "SYN-RECEIVED" for h in self.hypotheses)

    @property
    def open(self) -> bool:
        """Whether there may be a connection."""
        return any(h.tcb.state != "CLOSED" for h in self.hypotheses)


#: States in which no listener matters.
SETTLED = frozenset({"ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"})

#: The rules that answer by a challenge ACK.
_CHALLENGED = ("RFC5961:", "RFC9293:3.10.7.4-SYN-")


def _refused_for_want_of_room(h: Hypothesis, segment: Segment) -> Hypothesis:
    """An accept queue that is full may answer by a reset."""
    gone = Hypothesis(h.tcb._replace(state="CLOSED"), h.since)
    return gone._replace(due=Answer("rst", (h.tcb.snd_nxt, segment.ack)), due_by=NEVER)


def _repeats_fin(tcb: Tcb, segment: Segment) -> bool:
    """Whether TIME-WAIT starts anew: for "a retransmission of the remote FIN" (3.10.7.4)."""
    at = (segment.seq + len(segment.payload)) & 0xFFFFFFFF
    return bool(segment.flags & FIN) and at == tcb.fin


def _without_needless(out: dict[Hypothesis, None]) -> list[Hypothesis]:
    """Variants last, and without those that the rules have led to as well."""
    if not any(h.variant for h in out):
        return list(out)
    plain = [h for h in out if not h.variant]
    return plain + [h for h in out if h.variant and h._replace(variant=None) not in out]


def _some_of_each(kept: list[Hypothesis]) -> list[Hypothesis]:
    """MOST of them, in turns of each state, of each thing due and of each way past the rules."""
    turns: Counter[tuple[object, ...]] = Counter()

    def turn(h: Hypothesis) -> int:
        kind = h.tcb.state, h.variant, h.ack_by, h.due, h.due_by
        turns[kind] += 1
        return turns[kind]

    return sorted(kept, key=turn)[:MOST]


def _outdated(h: Hypothesis, segment: Segment) -> Hypothesis:
    stamps = timestamps(segment)
    if h.tcb.ts_recent is None or stamps is None:
        return h
    return h._replace(tcb=h.tcb._replace(ts_recent=stamps.tsval))


def _shows_lost_text(h: Hypothesis, now: int) -> tuple[Hypothesis, ...]:
    """A reset that may come where the FIN has been sent before, by shutdown() (3.6.1, SHLD-3)."""
    tcb = h.tcb
    if tcb.state not in {"CLOSING", "LAST-ACK"}:
        return ()
    reset = Answer("rst", tcb.reset_numbers, (tcb.rcv_nxt,))
    gone = tcb._replace(state="CLOSED")
    return (Hypothesis(gone, now, due=reset, due_clause="RFC9293:SHLD-3"),)


def _aborted(h: Hypothesis, now: int, clause: str, accepted: bool) -> tuple[Hypothesis, ...]:
    """3.10.5: a reset at SND.NXT where the peer may still have something to send.

    A handshake that is not over when its listener closes may just be forgotten (3.10.4).
    """
    tcb, gone = h.tcb, h.tcb._replace(state="CLOSED")
    if tcb.state in ABORTED_BY_RESET:
        reset = Answer("rst", tcb.reset_numbers, (tcb.rcv_nxt,))
        by = now if accepted or tcb.state != "SYN-RECEIVED" else NEVER
        due = Hypothesis(gone, now, due=reset, due_by=by, due_clause=clause, variant=h.variant)
        return (due,)
    if tcb.state == "SYN-SENT":
        return (Hypothesis(gone, now),)
    # 3.10.5: in CLOSING, LAST-ACK and TIME-WAIT the record just goes, if it is still the socket's.
    return (h, Hypothesis(gone, now))
