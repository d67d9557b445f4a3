"""SEGMENT ARRIVES in LAST-ACK (RFC 9293, 3.10.7.4)."""

from __future__ import annotations

from tcpref.disposition import CLOSE_QUIETLY, Disposition
from tcpref.segment import Segment
from tcpref.states import steps
from tcpref.tcb import Tcb


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """The only thing that can arrive is the ACK of our FIN."""
    # First to fourth: sequence number, RST, security, SYN. Fifth: the ACK field.
    ended = steps.first_checks(tcb, segment, CLOSE_QUIETLY) or steps.check_ack(tcb, segment, now)
    if ended is not None:
        return ended
    # Sixth to eighth: nothing can follow a FIN.
    return CLOSE_QUIETLY if tcb.fin_acked else steps.after_peers_fin(tcb, segment)
