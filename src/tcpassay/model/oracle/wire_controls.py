"""SYN and RST of the target of a capture: how a connection is opened, and how it is reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.oracle import wire_begin
from tcpassay.model.oracle.wire_begin import UNKNOWN_WINDOW
from tcpassay.model.oracle.wire_due import SLACK_NS
from tcpassay.model.oracle.wire_numbers import Received, unwrapped
from tcpassay.model.oracle.wire_options import offer_of
from tcpassay.model.oracle.wire_report import Finding
from tcpassay.model.oracle.wire_sequence import ANYTHING
from tcpassay.model.oracle.wire_stamps import echoes
from tcpassay.model.rules.departure import Refusal, departs
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.tcb import MASK, SYNCHRONIZED
from tcpassay.wire import ACK, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.oracle.wire_flow import WireFlow
    from tcpassay.wire import Segment

#: Two MSL are no less than this, of whatever stack.
LEAST_WAIT_NS = NS_PER_S


def own_syn(flow: WireFlow, segment: Segment, n: int) -> None:
    """The target's SYN or SYN,ACK, the first time or again."""
    active = not segment.flags & ACK
    if not flow.begun:
        flow.own = offer_of(segment)
        if active:
            flow.to(wire_begin.active(segment))
            flow.high, flow.una = segment.seq + 1, segment.seq
        else:
            _answers_syn(flow, segment, n)
        return
    tcb = flow.tcb
    if not flow.exact and segment.seq == tcb.iss:
        return  # It was late, or what the target said before was.
    repeated = flow.high == unwrapped(tcb.iss, flow.high) + 1 and not flow.evident
    if not active and tcb.passive and repeated and tcb.state in {"ESTABLISHED", "CLOSE-WAIT"}:
        tcb = tcb._replace(state="SYN-RECEIVED", rcv_nxt=wire_begin.behind_syn(tcb, flow.syn))
    flow.seen.count("RFC9293:3.10.1-OPEN-ACTIVE" if active else "RFC9293:3.10.7.2-SYN")
    if active and tcb.state in SYNCHRONIZED and segment.seq == tcb.iss and not flow.evident:
        return  # It crossed the SYN,ACK.
    after = departs(tcb, segment, ANYTHING, 1 << 30)
    if isinstance(after, Refusal):
        flow.refused(after, n, whole=True)


def _answers_syn(flow: WireFlow, segment: Segment, n: int) -> None:
    """The SYN,ACK of a listener, which is inferred from it."""
    syn = flow.syn
    if syn is None:
        flow.hole(f"the SYN before packet {n}")
    else:
        clause = "RFC9293:3.10.7.2-SYN"
        flow.seen.count(clause)
        behind = (syn.seq + 1) & MASK
        allowed = {behind, (behind + len(syn.payload)) & MASK, (syn.seq + syn.seg_len) & MASK}
        if segment.ack not in allowed:
            right = f"ACK={behind}"
            why = f"a SYN,ACK with ACK={segment.ack}"
            flow.found(Finding(n, clause, why, right, whole=False))
        stamps = timestamps(segment)
        if stamps is not None and flow.peer.stamps:
            echoes(flow, stamps.tsecr, n)
    stamped = flow.peer.stamps and flow.own.stamps
    flow.to(wire_begin.passive(segment, syn, stamped=stamped))
    flow.high, flow.una = segment.seq + 1, segment.seq
    flow.received = Received(unwrapped(flow.tcb.rcv_nxt, flow.tcb.irs))
    flow.edge = None if syn is None else segment.seq + 1 + syn.window


def own_reset(flow: WireFlow, segment: Segment, now: int, n: int) -> None:
    """A reset answers a segment, at its ACK, or aborts, at SND.NXT (3.5.2, 3.10.5)."""
    clause = "RFC9293:3.10.5-ABORT-SYNC"
    known = {flow.high & MASK, flow.una & MASK, *flow.edges, *flow.acks}
    answers = segment.flags & ACK and segment.seq == 0 and segment.ack in flow.ends
    if segment.seq in known or answers:
        flow.seen.count(clause)
    elif flow.seen.midway or not flow.seen.arrived or _may_be_next(flow, segment.seq):
        flow.seen.withhold("a reset that may answer a packet not captured")
    else:
        flow.seen.count(clause)
        why = f"a reset with SEQ={segment.seq}"
        flow.found(Finding(n, clause, why, f"SEQ={flow.high & MASK}"))
    if flow.tcb.state in SYNCHRONIZED or not flow.begun:
        flow.closes(clause, now)


def in_time_wait(flow: WireFlow, segment: Segment, now: int, n: int) -> None:
    """MUST-13: whatever the MSL, a connection that has just closed is not forgotten yet.

    The peer's FIN has been acknowledged, and no SYN has come that could make a new one.
    """
    waited = now - flow.since_ns
    sure = flow.exact and flow.fin_at is not None and (flow.acked or 0) > flow.fin_at
    if flow.tcb.state != "TIME-WAIT" or not sure or not SLACK_NS < waited < LEAST_WAIT_NS:
        return
    if flow.heard is None or flow.heard.flags & (SYN | RST):
        return
    clause = "RFC9293:MUST-13"
    flow.seen.count(clause)
    if segment.flags & RST:
        why = f"a reset {waited / NS_PER_S:.3g} s after TIME-WAIT began"
        flow.found(Finding(n, clause, why, "an acknowledgement"))


def _may_be_next(flow: WireFlow, number: int) -> bool:
    """Whether SND.UNA or SND.NXT may be there, what the capture lacks considered."""
    at = unwrapped(number, flow.high)
    last = flow.high + UNKNOWN_WINDOW if flow.edge is None else flow.edge + 1
    return unwrapped(flow.tcb.iss, flow.high) < at <= last
