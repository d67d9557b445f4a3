"""What the target of a capture says of its peer's octets: ACK numbers, SACK blocks, windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle import wire_suspects
from tcpassay.model.oracle.wire_numbers import Received, unwrapped
from tcpassay.model.oracle.wire_report import Finding
from tcpassay.model.tcb import MASK, offset
from tcpassay.wire import Sack

if TYPE_CHECKING:
    from tcpassay.model.oracle.wire_flow import WireFlow
    from tcpassay.model.tcb import State
    from tcpassay.wire import Segment

#: Where the peer's FIN leads, once the target has acknowledged it.
_AFTER_FIN: dict[State, State] = {
    "SYN-RECEIVED": "CLOSE-WAIT",
    "ESTABLISHED": "CLOSE-WAIT",
    "FIN-WAIT-1": "CLOSING",
    "FIN-WAIT-2": "TIME-WAIT",
}


def acknowledges(flow: WireFlow, segment: Segment, now: int, n: int) -> bool:
    """The ACK number: what has come, and never less than before (3.4). Whether it may be so."""
    received = flow.received
    if received is None:
        received = flow.received = Received(segment.ack)
    ack = unwrapped(segment.ack, received.edge)
    clause = "RFC9293:3.4-ACK-SANE"
    wire_suspects.lie_told(flow, ack, received)
    if ack > received.edge and not wire_suspects.acknowledged_early(
        flow, ack, received, clause, now, n
    ):
        return False
    if flow.acked is not None and ack < flow.acked:
        if flow.exact:
            why = f"ACK={segment.ack}, {flow.acked - ack} octets below an earlier one"
            right = f"ACK={flow.acked & MASK} or more"
            flow.found(Finding(n, clause, why, right, whole=False))
        return False
    flow.acked = ack
    tcb = flow.tcb
    if offset(segment.ack, tcb.rcv_nxt) > 0:
        flow.tcb = tcb = tcb._replace(rcv_nxt=segment.ack)
    if flow.fin_at is not None and ack > flow.fin_at and tcb.state in _AFTER_FIN:
        flow.to(tcb._replace(state=_AFTER_FIN[tcb.state]))
    return True


def sacks(flow: WireFlow, segment: Segment, n: int) -> None:
    """Blocks of octets that have come; the first may repeat what was acknowledged (2883)."""
    received = flow.received
    sack = next((o for o in segment.options if isinstance(o, Sack)), None)
    if sack is None or received is None or flow.seen.midway:
        return
    clause = "RFC2018:4-BLOCK-EDGES"
    flow.seen.count(clause)
    for low, high in sack.blocks:
        left = unwrapped(low, received.edge)
        right = unwrapped(high, received.edge)
        lacking = left < right <= received.high + wire_suspects.PLAUSIBLE
        if lacking and not received.holds(left, right):
            flow.seen.withhold("a block of octets that packets not captured may explain")
            return
        if left >= right or not received.holds(left, right):
            why = f"a block {low}:{high} of octets that have not come"
            flow.found(Finding(n, clause, why, "blocks of what was received"))
            return


def right_edge(flow: WireFlow, segment: Segment) -> int | None:
    """How far the window reaches that a segment announces; None where nobody can tell."""
    if not flow.exact or not flow.own.known or flow.received is None:
        return None
    return unwrapped(segment.ack, flow.received.edge) + segment.window


def shrinks(flow: WireFlow, segment: Segment, n: int) -> None:
    """SHLD-14: the right edge does not move to the left, but for the rounding of its scale."""
    right = right_edge(flow, segment)
    if right is None:
        return
    flow.seen.count("RFC9293:SHLD-14")
    if flow.right is not None and right + (1 << flow.scale(flow.own)) < flow.right:
        why = f"the window's right edge moves {flow.right - right} octets to the left"
        flow.found(Finding(n, "RFC9293:SHLD-14", why, "the edge stays", whole=False))
    flow.right = right if flow.right is None else max(right, flow.right)
