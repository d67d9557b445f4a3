"""SEGMENT ARRIVES in FIN-WAIT-1 (RFC 9293, 3.10.7.4)."""

from __future__ import annotations

from tcpref.disposition import ABORT, CONNECTION_RESET, Disposition
from tcpref.segment import Segment
from tcpref.states.steps import (
    check_ack,
    first_checks,
    lost_on_closed_application,
    process_text,
    take_fin,
)
from tcpref.tcb import State, Tcb


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """Our FIN waits for its ACK; the peer may still send."""
    # First to fourth: sequence number, RST, security, SYN. Fifth: the ACK field.
    ended = first_checks(tcb, segment, CONNECTION_RESET) or check_ack(tcb, segment, now)
    if ended is not None:
        return ended
    if lost_on_closed_application(tcb, segment):
        return ABORT
    # Seventh, process the segment text.
    answer = process_text(tcb, segment)
    # Eighth, check the FIN bit; the ACK of our own FIN may be in the same segment.
    return Disposition(answer, next_state(tcb, fin=take_fin(tcb)))


def next_state(tcb: Tcb, *, fin: bool) -> State | None:
    """Which of the two ends has been acknowledged decides."""
    if tcb.fin_acked:
        return State.TIME_WAIT if fin else State.FIN_WAIT_2
    return State.CLOSING if fin else None
