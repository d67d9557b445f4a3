"""SEGMENT ARRIVES in FIN-WAIT-1 (RFC 9293, 3.10.7.4)."""

from __future__ import annotations

from tcpref.disposition import ABORT, CONNECTION_RESET, Disposition
from tcpref.segment import Segment
from tcpref.states import steps
from tcpref.tcb import State, Tcb


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """Our FIN waits for its ACK; the peer may still send."""
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
    # Eighth, check the FIN bit; the ACK of our own FIN may be in the same segment.
    return Disposition(answer, next_state(tcb, fin=steps.take_fin(tcb)))


def next_state(tcb: Tcb, *, fin: bool) -> State | None:
    """Which of the two ends has been acknowledged decides."""
    if tcb.fin_acked:
        return State.TIME_WAIT if fin else State.FIN_WAIT_2
    return State.CLOSING if fin else None
