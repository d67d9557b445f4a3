"""What may be true of one connection at a moment: the RFC's variables, and what is still due."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.ranges import joined
from tcpassay.model.rules.departure import Refusal, Sender, departs, finished, reports
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.rules.sack import blocks_of
from tcpassay.model.tcb import MASK, SYNCHRONIZED, offset
from tcpassay.wire import ACK, FIN, RST, SYN, URG

if TYPE_CHECKING:
    from tcpassay.model.answers import Answer, Branch
    from tcpassay.model.ranges import Range
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment

NEVER = 1 << 62

#: Farther than any numbers: a connection that is gone.
FAR = 1 << 33

#: ACKs that a target may owe and not yet have sent; more are not counted.
CREDIT = 4096


class Hypothesis(NamedTuple):
    """One way in which the target may stand.

    `ack_by` is when an acknowledgement is due at the latest (ns), by `ack_clause`. `due` is a reset
    or SYN,ACK that is due by `due_by`. `credit` counts the segments that an ACK may still answer.
    `since` is when the state was entered. `bound` is False until the target's SYN is seen. `told`
    is how the application hears of the end ("reset", "refused", "ended"), empty for nothing.
    `variants` has each clause that is not kept to on this way, and what has led past it.
    """

    tcb: Tcb
    since: int = 0
    bound: bool = True
    ack_by: int = NEVER
    ack_clause: str = ""
    due: Answer | None = None
    due_by: int = NEVER
    due_clause: str = ""
    credit: int = 0
    told: str = ""
    variants: tuple[tuple[str, str], ...] = ()

    def overdue(self, now: int) -> tuple[str, str] | None:
        """What should have come before `now`: the clause, and the answer in words."""
        if now > self.ack_by:
            return self.ack_clause, f"<SEQ={self.tcb.snd_nxt}><ACK={self.tcb.rcv_nxt}><CTL=ACK>"
        if now > self.due_by:
            return self.due_clause, str(self.due)
        return None


def after_arrival(old: Hypothesis, branch: Branch, now: int, slack: int) -> Hypothesis:
    """The hypothesis that a branch of the rules leads to; a timer may be late by `slack`."""
    new = _after_answer(old, branch, now, slack)
    past = (branch.clause, branch.variant)
    if branch.label != "variant" or past in old.variants:
        return new
    return new._replace(variants=(*old.variants, past))


def _after_answer(old: Hypothesis, branch: Branch, now: int, slack: int) -> Hypothesis:
    tcb, answer = branch.tcb, branch.answer
    since = old.since if tcb.state == old.tcb.state else now
    if tcb.state == "TIME-WAIT" and branch.clause.endswith(("FIN-TW", "SEQ-TW")):
        since = now
    bound = old.bound
    kind = answer.kind
    if kind == "silence":
        if tcb.state == "CLOSED":
            return Hypothesis(tcb, told=branch.event or old.told, variants=old.variants)
        return old._replace(tcb=tcb, since=since)
    if kind == "ack":
        credit = min(old.credit + 1, CREDIT)
        if answer.may_fail:
            return old._replace(tcb=tcb, since=since, credit=credit)
        by = now + int(answer.within_s * NS_PER_S) + slack if answer.within_s else now
        if by >= old.ack_by:
            return old._replace(tcb=tcb, since=since, credit=credit)
        return old._replace(
            tcb=tcb, since=since, credit=credit, ack_by=by, ack_clause=_late(branch)
        )
    if kind == "syn-ack" and not answer.seqs:
        bound = False
    return Hypothesis(
        tcb,
        since,
        bound=bound,
        due=answer,
        due_by=NEVER if answer.may_fail else now,
        due_clause=branch.clause,
        credit=old.credit,
        told=branch.event or old.told,
        variants=old.variants,
    )


def _late(branch: Branch) -> str:
    """What an acknowledgement breaks that does not come: MUST-40 where it may be delayed."""
    delayed = branch.answer.within_s and "-TEXT-" in branch.clause
    return "RFC9293:MUST-40" if delayed else branch.clause


def after_departure(
    old: Hypothesis, segment: Segment, sender: Sender, mss: int, now: int
) -> Hypothesis | Refusal:
    """The hypothesis after the target has sent `segment`, or what stands against it."""
    due = old.due
    if due is not None and _answers(due, segment):
        return _answered(old, segment, now)
    if segment.flags & RST and due is not None and due.kind == "rst":
        why = f"a reset with SEQ={segment.seq}"
        return Refusal(old.due_clause, why, str(due))
    if due is not None and old.tcb.state == "CLOSED":
        if old.credit and _bare_ack(old.tcb, segment):
            return old._replace(credit=old.credit - 1)  # Owed before the abort, and sent ahead.
        return Refusal(old.due_clause, "not the reset that is due", str(due))
    if not old.bound:
        return Refusal(old.due_clause, "not the SYN,ACK that is due", str(due))
    tcb = departs(old.tcb, segment, sender, mss)
    if isinstance(tcb, Refusal):
        return tcb
    since = old.since if tcb.state == old.tcb.state else now
    flags = segment.flags
    if flags & RST:
        return old._replace(tcb=tcb, since=since, ack_by=NEVER, ack_clause="")
    if flags & SYN:
        return old._replace(tcb=tcb, since=since)
    wrong = reports(old.tcb, segment)
    if wrong is not None:
        return wrong
    credit = old.credit
    if not segment.payload and not flags & FIN:
        if segment.window <= old.tcb.rcv_wnd and segment.seq == old.tcb.snd_nxt:
            urges = sender.urgent and flags & URG
            if not credit and not urges:
                why = "an acknowledgement that nothing has called for"
                return Refusal("RFC5961:10-ACK-LOOP", why, "silence")
            credit = max(0, credit - 1)
    elif credit:
        credit -= 1
    return old._replace(tcb=tcb, since=since, ack_by=NEVER, ack_clause="", credit=credit)


def corrected(old: Hypothesis, segment: Segment) -> Hypothesis:
    """The hypothesis after a segment that breaks a rule, so that one fault is told once.

    The target knows where it stands: its numbers count from here on.
    """
    tcb = old.tcb
    if tcb.state not in SYNCHRONIZED or segment.flags & SYN or not segment.flags & ACK:
        return old
    end = (segment.seq + segment.seg_len) & MASK
    if offset(end, tcb.snd_nxt) > 0:
        ends = segment.flags & FIN and not tcb.fin_sent
        tcb = finished(tcb, end) if ends else tcb._replace(snd_nxt=end)
    edge = tcb.rcv_nxt + tcb.rcv_wnd
    window = max(segment.window, offset(edge & MASK, segment.ack))
    told = _held_as_told(segment)
    tcb = tcb._replace(rcv_nxt=segment.ack, rcv_wnd=window, last_ack=segment.ack, held=told)
    stamps = timestamps(segment)
    if stamps is not None and tcb.ts_recent is not None:
        tcb = tcb._replace(ts_recent=stamps.tsecr)
    return old._replace(tcb=tcb, ack_by=NEVER, ack_clause="")


def _held_as_told(segment: Segment) -> tuple[Range, ...]:
    """What the target has above a hole by its own SACK blocks."""
    held: tuple[Range, ...] = ()
    for left, right in blocks_of(segment.options):
        if 0 < offset(left, segment.ack) < offset(right, segment.ack):
            held = joined(held, (left, right), segment.ack)
    return held


def _bare_ack(tcb: Tcb, segment: Segment) -> bool:
    """Whether a segment is the acknowledgement of all that has come, and no more."""
    plain = segment.flags & (ACK | FIN | RST | SYN) == ACK and not segment.payload
    return plain and (segment.seq, segment.ack) == (tcb.snd_nxt, tcb.rcv_nxt)


def _answers(due: Answer, segment: Segment) -> bool:
    """Whether a segment is the reset or SYN,ACK that is due."""
    flags = segment.flags
    if due.seqs and segment.seq not in due.seqs:
        return False
    if due.kind == "rst":
        if not flags & RST:
            return False
        return not flags & ACK or not due.acks or segment.ack in due.acks
    return flags & (SYN | ACK | RST) == SYN | ACK and segment.ack in due.acks


def _answered(old: Hypothesis, segment: Segment, now: int) -> Hypothesis:
    clear = old._replace(due=None, due_by=NEVER, due_clause="")
    if segment.flags & RST:
        return clear
    tcb = old.tcb._replace(rcv_wnd=segment.window, last_ack=segment.ack)
    if timestamps(segment) is None:
        tcb = tcb._replace(ts_recent=None)
    if not old.bound:
        nxt = (segment.seq + 1) & 0xFFFFFFFF
        tcb = tcb._replace(iss=segment.seq, snd_una=segment.seq, snd_nxt=nxt)
    return clear._replace(tcb=tcb, bound=True, since=now)


def rank(hypothesis: Hypothesis, segment: Segment) -> int:
    """How far a hypothesis is from allowing a segment: for naming the nearest.

    Who sends text has its handshake behind it, where that may be.
    """
    tcb = hypothesis.tcb
    far = FAR if tcb.state == "CLOSED" else int(tcb.state == "SYN-RECEIVED" and segment.seg_len > 0)
    return far + abs(offset(segment.seq, tcb.snd_nxt)) + abs(offset(segment.ack, tcb.rcv_nxt))
