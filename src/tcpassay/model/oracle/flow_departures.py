"""What the target sends: the hypotheses that allow it are left, or none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle import flow_begin, flow_due
from tcpassay.model.oracle.flow import LEAST_RETRIES
from tcpassay.model.oracle.flow_calls import CLOSED_FIRST
from tcpassay.model.oracle.flow_sent import hold_text, is_keepalive, sent
from tcpassay.model.oracle.flow_spread import only_variants
from tcpassay.model.oracle.hypothesis import Hypothesis, after_departure, corrected, rank
from tcpassay.model.oracle.judging import by_segment
from tcpassay.model.oracle.report import Violation
from tcpassay.model.oracle.returns import SHUT_LATER
from tcpassay.model.rules.departure import Refusal, departs
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.tcb import SYNCHRONIZED, Tcb, offset
from tcpassay.wire import FIN, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.oracle.flow import Flow
    from tcpassay.model.rules.departure import Sender
    from tcpassay.wire import Segment

UNASKED = Refusal("RFC7323:3.2-UNNEGOTIATED", "timestamps that were not agreed on", "no timestamp")


def leaves(flow: Flow, segment: Segment, now: int, n: int) -> None:
    """The target's segment."""
    if segment.options and _stamped_unasked(flow, segment):
        flow.refused(UNASKED, n)
        if flow.cookies:
            # RFC 4987, 3.6: TSecr stands for the SYN's options, and nobody can tell for which.
            flow.opaque = True
            return
    as_sent = segment
    if segment.flags & SYN:
        flow_begin.stack_syn(flow, segment)
    elif flow.stack_scale and flow.peer_scale is not None:
        segment = segment._replace(window=segment.window << flow.stack_scale)
    header = flow.headers.wrong(segment, now)
    after = [_one_departure(flow, h, segment, now) for h in flow.hypotheses]
    left = list(dict.fromkeys(h for h in after if isinstance(h, Hypothesis)))
    before = flow.hypotheses[after.index(left[0]) if left else 0].tcb
    if left and is_keepalive(before, segment):
        pairs = zip(flow.hypotheses, after, strict=True)
        allowing = (h.tcb for h, new in pairs if isinstance(new, Hypothesis))
        before = next((tcb for tcb in allowing if not is_keepalive(tcb, segment)), before)
    crossed = _crossed(flow, segment, now)
    if not left and crossed:
        return
    if not left:
        lapsed = [_one_departure(flow, h, segment, now) for h in flow_due.lapsed(flow, now)]
        left = [h for h in lapsed if isinstance(h, Hypothesis)]
    if not left and flow.shut_in_vain and segment.flags & FIN:
        flow.shut_in_vain, flow.sender = False, flow.sender._replace(ended=True)
        flow.violated(Violation(n, "POSIX:SHUTDOWN-ENOTCONN", SHUT_LATER))
        leaves(flow, as_sent, now, n)
        return
    if not left and flow.deaf_in_vain and _resets_text(flow, segment, now):
        flow.deaf_in_vain, flow.hypotheses = False, [Hypothesis(Tcb("CLOSED"))]
        flow.violated(Violation(n, "POSIX:SHUTDOWN-ENOTCONN", SHUT_LATER))
        return
    if not left:
        _refused(flow, segment, now, n, [r for r in after if isinstance(r, Refusal)])
        return
    _allowed(flow, segment, left, n, crossed=crossed)
    count = flow.report.count
    for clause in by_segment(segment, stamped=before.ts_recent is not None):
        count(clause)
    hold_text(flow, before, segment, n)
    if header is not None:
        flow.refused(header, n)
    sent(flow, before, segment, now, n)


def _resets_text(flow: Flow, segment: Segment, now: int) -> bool:
    """Whether a segment is a reset as for text that nobody reads, which has just come."""
    if not segment.flags & RST or now - flow.heard > flow.limits.slack:
        return False
    return any(segment.seq in h.tcb.reset_numbers for h in flow.hypotheses)


def _stamped_unasked(flow: Flow, segment: Segment) -> bool:
    """RFC 7323, 3.2: what comes with timestamps that were not agreed on ignores them; so nothing
    echoes them. Told once.
    """
    if segment.flags & (SYN | RST) or flow.cut or flow.stamped_unasked:
        return False
    heard = [h.tcb for h in flow.hypotheses if h.tcb.state in SYNCHRONIZED | {"SYN-RECEIVED"}]
    agreed = not heard or any(tcb.ts_recent is not None for tcb in heard)
    flow.stamped_unasked = not agreed and timestamps(segment) is not None
    return flow.stamped_unasked


def _allowed(
    flow: Flow, segment: Segment, left: list[Hypothesis], n: int, *, crossed: bool
) -> None:
    """Go on with the hypotheses that are left; what may have crossed leaves open what is due."""
    new = left[0].tcb.snd_nxt != flow.hypotheses[0].tcb.snd_nxt
    dues = (h.due.kind for h in flow.hypotheses if h.due is not None)
    asked = bool(segment.flags & SYN) and "syn-ack" in dues
    flow.hypotheses = list(dict.fromkeys([*left, *flow.hypotheses])) if crossed else left
    if flow.cookies and segment.flags & SYN:
        opening = (h.tcb for h in left if h.tcb.state == "SYN-RECEIVED" and h.tcb.passive)
        flow.offered = next(opening, flow.offered)
    only_variants(flow, n)
    if not segment.flags & RST:
        flow.retries += not (new or asked) and _asks(flow, segment)
    flow.peer_ended = flow.peer_ended or all(h.tcb.fin_taken for h in flow.hypotheses)


def _asks(flow: Flow, segment: Segment) -> bool:
    """Whether a segment is a repetition or a probe: something that wants an answer."""
    return bool(segment.seg_len) or segment.seq != flow.hypotheses[0].tcb.snd_nxt


def _crossed(flow: Flow, segment: Segment, now: int) -> bool:
    """Whether a segment was on its way when the peer's last one came, or the last call.

    Real time only: there the line was last seen empty before that.
    """
    if not flow.limits.slack or flow.before_at <= flow.limits.drained:
        return False
    return any(
        isinstance(new := _one_departure(flow, h, segment, now), Hypothesis)
        and new.tcb.snd_nxt == h.tcb.snd_nxt
        for h in flow.before
    )


def _one_departure(flow: Flow, h: Hypothesis, segment: Segment, now: int) -> Hypothesis | Refusal:
    if h.tcb.state == "CLOSED" and h.due is None:
        clause = "RFC9293:MUST-63" if flow.from_nowhere else "RFC9293:3.5.2-NO-RST-FOR-RST"
        return Refusal(clause, "no connection, and nothing to answer", "silence")
    sender = flow.sender
    up = bool(segment.flags & RST) and flow.time_may_be_up(now)
    if up or (segment.flags & RST and flow.retries >= LEAST_RETRIES):
        given_up = not flow.transmission.waits_too_short(now, h.tcb.state)
        sender = sender._replace(aborted=sender.aborted or up or given_up)
    if now - flow.before_at <= flow.limits.slack and _ahead_of_text(flow, h, segment):
        return _before_its_text(h, segment, sender, flow.mss, now)
    return after_departure(h, segment, sender, flow.mss, now)


def _ahead_of_text(flow: Flow, h: Hypothesis, segment: Segment) -> bool:
    """Whether a segment may have gone ahead of the text that came with what it answers.

    An ACK is for the fifth check, text and FIN are for the seventh and eighth (3.10.7.4): what goes
    out between, as the handshake is over, or for the ACK, has the RCV.NXT between.
    """
    if segment.flags & (SYN | RST) or not (segment.payload or segment.flags & FIN):
        return False
    tcb = h.tcb
    if tcb.state == "CLOSED" and h.due is not None and h.due.kind == "rst":
        return segment.ack == tcb.rcv_nxt  # Text that is lost has not moved it.
    if tcb.state not in SYNCHRONIZED:
        return False
    states = {"SYN-RECEIVED"} if offset(segment.seq, tcb.iss) == 1 else set()
    if tcb.last_ack == segment.ack != tcb.rcv_nxt:
        states |= SYNCHRONIZED
    return any(b.tcb.rcv_nxt == segment.ack and b.tcb.state in states for b in flow.before)


def _before_its_text(
    h: Hypothesis, segment: Segment, sender: Sender, mss: int, now: int
) -> Hypothesis | Refusal:
    """It acknowledges nothing of what has come with the segment that it answers; that text may be
    lost, and a reset follow.
    """
    nxt = h.tcb.rcv_nxt
    if h.tcb.state == "CLOSED" and h.due is not None:
        open_ = h.tcb._replace(state="FIN-WAIT-1" if sender.ended else "ESTABLISHED")
        after = departs(open_, segment, sender, mss)
        if isinstance(after, Refusal):
            return after
        return h._replace(due=h.due._replace(seqs=(*h.due.seqs, after.snd_nxt)))
    # What is told is the edge of the window, which text that has come does not move.
    room = max(0, segment.window - offset(nxt, segment.ack))
    ahead = segment._replace(ack=nxt, window=room)
    if h.tcb.state == "CLOSE-WAIT" and segment.flags & FIN and segment.ack != nxt:
        # Sent before the peer's FIN was taken, out of ESTABLISHED: it was FIN-WAIT-1 (3.10.4).
        h = h._replace(tcb=h.tcb._replace(state=CLOSED_FIRST[h.tcb.state]))
    new = after_departure(h, ahead, sender, mss, now)
    if isinstance(new, Refusal):
        return new
    owed = h.ack_by if segment.ack != nxt else new.ack_by
    tcb = new.tcb._replace(last_ack=segment.ack)
    return new._replace(tcb=tcb, ack_by=owed, ack_clause=h.ack_clause, credit=h.credit)


def _refused(flow: Flow, segment: Segment, now: int, n: int, refusals: list[Refusal]) -> None:
    """No hypothesis allows it: the nearest says why, and the numbers count from here on."""
    if flow.cut:
        flow.opaque = True
        return
    order = sorted(range(len(refusals)), key=lambda i: rank(flow.hypotheses[i], segment))
    nearest = refusals[order[0]]
    if flow.reset_at >= 0 and now - flow.reset_at <= flow.limits.slack:
        nearest = _answers_reset(nearest, segment)
    others = tuple(refusals[i].clause for i in order[1:])
    flow.violated(Violation(n, nearest.clause, nearest.why, nearest.allowed, others))
    if segment.flags & RST:
        flow.hypotheses = [Hypothesis(Tcb("CLOSED"))]
    else:
        flow.hypotheses = list(dict.fromkeys(corrected(h, segment) for h in flow.hypotheses))


def _answers_reset(nearest: Refusal, segment: Segment) -> Refusal:
    """The clause that stands against any answer to a reset."""
    if segment.flags & RST:
        return nearest._replace(clause="RFC9293:3.5.2-NO-RST-FOR-RST", allowed="silence")
    if nearest.clause == "RFC5961:10-ACK-LOOP":
        return nearest._replace(clause="RFC9293:3.10.7.4-SEQ-RST-SILENT", allowed="silence")
    return nearest
