"""RFC 9293, 3.10.7.1: a segment for no connection, and the reset that it draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import SILENCE, Answer, Branch
from tcpassay.model.tcb import MASK
from tcpassay.wire import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment


def reset_for(segment: Segment) -> Answer:
    """The reset that a segment draws where there is no connection (3.5.2, group 1)."""
    if segment.flags & ACK:
        return Answer("rst", (segment.ack,))
    return Answer("rst", (0,), ((segment.seq + segment.seg_len) & MASK,))


def closed(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """All data is discarded; everything but a RST draws a reset."""
    if segment.flags & RST:
        return (Branch(tcb, SILENCE, _reset_clause(segment)),)
    return (Branch(tcb, reset_for(segment), _clause(segment)),)


def _reset_clause(segment: Segment) -> str:
    if segment.flags & (SYN | FIN):
        return "RFC9293:3.10.7.1-RST-SYN"
    return "RFC9293:3.10.7.1-RSTACK" if segment.flags & ACK else "RFC9293:3.10.7.1-RST"


def _clause(segment: Segment) -> str:
    control = segment.flags & (SYN | FIN | ACK)
    if control == ACK and segment.payload:
        return "RFC9293:3.10.7.1-DATA-ACK"
    if control == SYN and segment.payload:
        return "RFC9293:3.10.7.1-SYN-DATA"
    return _CLAUSES[control]


_CLAUSES = {
    0: "RFC9293:3.10.7.1-NOFLAGS",
    SYN: "RFC9293:3.10.7.1-SYN",
    SYN | FIN: "RFC9293:3.10.7.1-SYNFIN",
    SYN | ACK: "RFC9293:3.10.7.1-SYNACK",
    SYN | FIN | ACK: "RFC9293:3.10.7.1-SYNACK",
    ACK: "RFC9293:3.10.7.1-ACK",
    FIN: "RFC9293:3.10.7.1-FIN",
    FIN | ACK: "RFC9293:3.10.7.1-FINACK",
}
