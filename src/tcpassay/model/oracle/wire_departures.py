"""What the target of a capture sends: every segment of it, and those of an open connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle import wire_credit, wire_due, wire_timers
from tcpassay.model.oracle.wire_acknowledged import acknowledges, right_edge, sacks, shrinks
from tcpassay.model.oracle.wire_controls import in_time_wait, own_reset, own_syn
from tcpassay.model.oracle.wire_numbers import unwrapped
from tcpassay.model.oracle.wire_options import faults
from tcpassay.model.oracle.wire_report import Finding
from tcpassay.model.oracle.wire_sequence import own_text, sequence
from tcpassay.model.oracle.wire_stamps import stamped
from tcpassay.wire import ACK, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.oracle.wire_flow import WireFlow
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment


def leaves(flow: WireFlow, segment: Segment, now: int, n: int, *, cut: bool) -> None:
    """The target's segment; `cut`: the capture lacks the end of its text."""
    wire_due.passes(flow, now)
    flow.seen.sent += 1
    flow.last_ns = flow.silent_since = now
    wire_due.answered(flow)
    for fault in faults(segment, flow.peer):
        flow.refused(fault, n, whole=False)
    in_time_wait(flow, segment, now, n)
    if segment.flags & RST:
        own_reset(flow, segment, now, n)
        return
    if segment.flags & SYN:
        own_syn(flow, segment, n)
    else:
        _own_segment(flow, segment, now, n, cut=cut)
    wire_timers.backs_off(flow, segment, unwrapped(segment.seq, flow.high), now, n)


def _own_segment(flow: WireFlow, segment: Segment, now: int, n: int, *, cut: bool) -> None:
    flow.seen.count("RFC9293:3.4-ACK-SANE")
    if not segment.flags & ACK:
        why = "a segment without ACK after the handshake"
        flow.found(Finding(n, "RFC9293:3.4-ACK-SANE", why, "ACK set", whole=False))
        return
    if not flow.begun:
        flow.learn(iss=segment.seq - 1, irs=segment.ack - 1)
    if flow.tcb.state == "SYN-SENT":
        flow.hole(f"the SYN,ACK before packet {n}")
        flow.learn(iss=flow.tcb.iss, irs=segment.ack - 1)
    tcb = _tcb_to_send(flow, now)
    if tcb is None:
        why = "the connection has ended, and the target goes on"
        flow.found(Finding(n, flow.closed_by, why, "silence or a reset"))
        return
    flow.evident = True
    segment = segment._replace(window=segment.window << flow.scale(flow.own))
    at = unwrapped(segment.seq, flow.high)
    sane = acknowledges(flow, segment, now, n)
    stamped(flow, segment, n)
    sacks(flow, segment, n)
    if segment.payload:
        own_text(flow, segment, at, n, cut=cut)
    right = right_edge(flow, segment)
    if sane and right is not None:
        wire_credit.uncalled(flow, segment, at, right, now, n)
    sequence(flow, tcb, segment, at, n)
    if sane:
        shrinks(flow, segment, n)


def _tcb_to_send(flow: WireFlow, now: int) -> Tcb | None:
    """The variables to send by: after the end those before it, as long as segments may cross."""
    if not flow.closed_by:
        return flow.tcb
    if not flow.exact or now - flow.closed_ns <= wire_due.SLACK_NS:
        return flow.alive
    return None
