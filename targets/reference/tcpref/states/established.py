"""SEGMENT ARRIVES in ESTABLISHED (RFC 9293, 3.10.7.4)."""

from __future__ import annotations

from tcpref.disposition import CONNECTION_RESET, Disposition
from tcpref.segment import Segment
from tcpref.states import steps
from tcpref.tcb import State, Tcb

CLOSE_WAIT = State.CLOSE_WAIT


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """Data both ways, until the peer's FIN leads to CLOSE-WAIT."""
    # First to fourth: sequence number, RST, security, SYN. Fifth: the ACK field.
    ended = steps.first_checks(tcb, segment, CONNECTION_RESET) or steps.check_ack(tcb, segment, now)
    if ended is not None:
        return ended
    # Sixth, check the URG bit.
    steps.check_urgent(tcb, segment)
    # Seventh, process the segment text.
    answer = steps.process_text(tcb, segment)
    # Eighth, check the FIN bit.
    return Disposition(answer, CLOSE_WAIT if steps.take_fin(tcb) else None)
