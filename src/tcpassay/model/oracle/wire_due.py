"""Answers that the rules want of the target of a capture, and silence in place of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.oracle.wire_report import Finding
from tcpassay.model.tcb import offset
from tcpassay.wire import FIN, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.answers import Answer, Branch
    from tcpassay.model.oracle.wire_flow import WireFlow
    from tcpassay.wire import Segment

#: How late the target may be beyond what a clause gives it, and how long segments may cross.
SLACK_NS = NS_PER_S // 5
#: A bare segment draws no second answer so soon after another (RFC 5961, 7 and 10).
THROTTLE_NS = NS_PER_S


class Due(NamedTuple):
    """An answer that packet `n` wants before `by`; a peer that lacks it sends `seq` again."""

    n: int
    seq: int | None
    by: int
    clause: str
    answer: Answer

    @property
    def requirement(self) -> str:
        """What is not met where it stays away."""
        return "RFC9293:MUST-40" if self.answer.within_s else self.clause


def wants(flow: WireFlow, branches: tuple[Branch, ...], segment: Segment, now: int, n: int) -> None:
    """The answer due, where no branch allows silence and nothing may hold it back."""
    answers = [branch.answer for branch in branches]
    if any(a.kind in {"silence", "syn-ack"} or a.may_fail for a in answers):
        return
    clause = branches[0].clause
    bare = not segment.payload and not segment.flags & FIN
    reason = _held_back(flow, segment, now, clause, bare=bare)
    if reason:
        flow.seen.withhold(reason)
        return
    by = now + SLACK_NS + int(max(a.within_s for a in answers) * NS_PER_S)
    if flow.due is None or by < flow.due.by:
        again = None if bare or segment.flags & SYN else segment.seq
        flow.due = Due(n, again, by, clause, answers[0])


def _held_back(flow: WireFlow, segment: Segment, now: int, clause: str, *, bare: bool) -> str:
    """What may keep the answer away that nobody sees; empty for nothing."""
    if not flow.evident and flow.tcb.state != "SYN-SENT":
        return "an answer to what may be waiting in a listener's queue"
    syn = segment.flags & SYN
    if flow.tcb.state == "TIME-WAIT" and syn:
        return "an answer to a SYN: who listens is not known"
    if bare and now - flow.silent_since < THROTTLE_NS:
        return "an answer that a throttle may hold back"
    if bare and not syn and clause == "RFC7323:5.3-R1":
        return "an answer to an acknowledgement that was overtaken"
    return ""


def passes(flow: WireFlow, now: int, arriving: Segment | None = None) -> None:
    """What was due before `now` and has not come.

    A peer that goes on has had its answer: then it is the capture that lacks it.
    """
    due = flow.due
    if due is None or now <= due.by:
        return
    flow.due = None
    if arriving is not None and due.seq is not None:
        again = arriving.seg_len and offset(arriving.seq, due.seq) <= 0
        if not again and not arriving.flags & RST:
            flow.hole(f"an answer to packet {due.n}")
            return
    why = f"the answer due has not come in {due.answer.within_s + SLACK_NS / NS_PER_S:g} s"
    flow.seen.count(due.requirement)
    flow.found(Finding(due.n, due.requirement, why, str(due.answer)))


def answered(flow: WireFlow) -> None:
    """The target has sent something: whatever it is, it is no silence."""
    due, flow.due = flow.due, None
    if due is not None:
        flow.seen.count(due.requirement)
