"""What arrives at the target of a capture: numbers to learn from, put to the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle import wire_credit, wire_due, wire_suspects
from tcpassay.model.oracle.wire_begin import UNKNOWN_WINDOW
from tcpassay.model.oracle.wire_numbers import Received, unwrapped
from tcpassay.model.oracle.wire_options import offer_of
from tcpassay.model.rules import segment_arrives
from tcpassay.model.tcb import MASK, SYNCHRONIZED
from tcpassay.wire import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.oracle.wire_flow import WireFlow
    from tcpassay.wire import Segment


def arrives(flow: WireFlow, segment: Segment, now: int, n: int) -> None:
    """The peer's segment, on its way to the target or there."""
    wire_due.passes(flow, now, segment)
    flow.seen.arrived += 1
    flow.last_ns = now
    flags = segment.flags
    _remember(flow, segment)
    if flags & SYN:
        if not flags & ACK:
            flow.syn = segment
        if flow.tcb.state in {"CLOSED", "SYN-SENT"} and not flow.closed_by:
            flow.peer = offer_of(segment)
    else:
        segment = segment._replace(window=segment.window << flow.scale(flow.peer))
    if not flow.begun and not _begins_midway(flow, segment):
        return
    _acknowledged(flow, segment)
    if flow.received is not None and not flags & SYN:
        _text(flow, segment, flow.received)
    _by_the_rules(flow, segment, now, n)


def _remember(flow: WireFlow, segment: Segment) -> None:
    """What a reset, an echo or a repetition may refer to."""
    flow.heard = segment
    flow.repeats.disturbed()
    if segment.flags & ACK:
        flow.acks.append(segment.ack)
    flow.ends.append((segment.seq + segment.seg_len) & MASK)
    flow.stamps.arrives(segment, flow.last_ns)


def _begins_midway(flow: WireFlow, segment: Segment) -> bool:
    if segment.flags & (SYN | RST) or not segment.flags & ACK:
        return False
    flow.learn(iss=segment.ack - 1, irs=segment.seq - 1)
    return True


def _acknowledged(flow: WireFlow, segment: Segment) -> None:
    """What the peer has of the target's text, and how far its window reaches."""
    if not segment.flags & ACK or segment.flags & RST:
        return
    ack = unwrapped(segment.ack, flow.high)
    if ack > flow.high:
        if flow.learning(flow.last_ns):
            flow.sent_up_to(ack)
        flow.beyond = max(flow.beyond, ack)
    wire_suspects.gap_acknowledged(flow, ack)
    flow.una = max(flow.una, min(ack, flow.high))
    flow.text.acknowledged(flow.una)
    if flow.own.known and flow.peer.known and ack >= flow.una - UNKNOWN_WINDOW:
        right = ack + segment.window
        flow.edge = right if flow.edge is None else max(flow.edge, right)
        flow.edges.append(right & MASK)


def _text(flow: WireFlow, segment: Segment, received: Received) -> None:
    left = unwrapped(segment.seq, received.edge)
    if abs(left - received.edge) > UNKNOWN_WINDOW:
        return
    right = left + segment.seg_len
    wire_suspects.lie_explained(flow, left, received)
    if segment.flags & RST:
        return
    if segment.flags & FIN:
        flow.fin_at = right - 1
    if right > left:
        received.add(left, right)
    else:
        received.high = max(received.high, left)


def _by_the_rules(flow: WireFlow, segment: Segment, now: int, n: int) -> None:
    """Go where the rules lead, and note what they want in answer."""
    tcb = flow.tcb
    if flow.received is not None and tcb.state in SYNCHRONIZED and not flow.exact:
        tcb = tcb._replace(rcv_wnd=UNKNOWN_WINDOW)
    branches = segment_arrives(tcb, segment)
    crossed = tcb.state == "SYN-RECEIVED" and segment.flags & (SYN | ACK) == SYN | ACK
    branch = branches[-1 if crossed else 0]
    if flow.exact:
        wire_due.wants(flow, branches, segment, now, n)
        wire_credit.calls(flow, branches, segment, now)
    if branch.tcb.state == "CLOSED":
        if tcb.state != "CLOSED":
            flow.closes(branch.clause, now)
        return
    if branch.tcb.state == "SYN-RECEIVED" and tcb.state == "SYN-SENT":
        flow.received = Received(branch.tcb.rcv_nxt)
    elif branch.tcb.state in SYNCHRONIZED and tcb.state == "SYN-SENT":
        flow.received = Received((segment.seq + 1) & MASK)
        flow.acked = None
    flow.to(branch.tcb)
