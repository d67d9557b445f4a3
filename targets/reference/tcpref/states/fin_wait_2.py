"""SEGMENT ARRIVES in FIN-WAIT-2 (RFC 9293, 3.10.7.4)."""

from __future__ import annotations

from tcpref.disposition import ABORT, CONNECTION_RESET, Disposition
from tcpref.segment import Segment
from tcpref.states import steps
from tcpref.tcb import State, Tcb


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """Our direction is closed; the peer's is open until its FIN."""
    # First to fourth: sequence number, RST, security, SYN. Fifth: the ACK field.
    ended = steps.first_checks(tcb, segment, CONNECTION_RESET) or steps.check_ack(tcb, segment, now)
    if ended is not None:
        return ended
    if steps.lost_on_closed_application(tcb, segment):
        return ABORT
    # Sixth, check the URG bit.
    steps.check_urgent(tcb, segment)
    # Seventh, process the segment text.
    answer = steps.process_text(tcb, segment)
    # Eighth, check the FIN bit.
    return Disposition(answer, State.TIME_WAIT if steps.take_fin(tcb) else None)
