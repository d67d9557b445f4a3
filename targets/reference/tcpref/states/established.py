"""SEGMENT ARRIVES in ESTABLISHED (RFC 9293, 3.10.7.4)."""

from __future__ import annotations

from tcpref.disposition import CONNECTION_RESET, Disposition
from tcpref.segment import Segment
from tcpref.states.steps import check_ack, first_checks, process_text, take_fin
from tcpref.tcb import State, Tcb


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """Data both ways, until the peer's FIN leads to CLOSE-WAIT."""
    # First to fourth: sequence number, RST, security, SYN. Fifth: the ACK field.
    ended = first_checks(tcb, segment, CONNECTION_RESET) or check_ack(tcb, segment, now)
    if ended is not None:
        return ended
    # Seventh, process the segment text.
    answer = process_text(tcb, segment)
    # Eighth, check the FIN bit.
    return Disposition(answer, State.CLOSE_WAIT if take_fin(tcb) else None)
