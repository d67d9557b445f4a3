"""SEGMENT ARRIVES in CLOSE-WAIT (RFC 9293, 3.10.7.4)."""

from __future__ import annotations

from tcpref.disposition import CONNECTION_RESET, Disposition
from tcpref.segment import Segment
from tcpref.states import steps
from tcpref.tcb import Tcb


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """The peer has closed its direction; only its acknowledgements still matter."""
    # First to fourth: sequence number, RST, security, SYN. Fifth: the ACK field.
    ended = steps.first_checks(tcb, segment, CONNECTION_RESET) or steps.check_ack(tcb, segment, now)
    # Sixth to eighth: nothing can follow a FIN.
    return ended if ended is not None else steps.after_peers_fin(tcb, segment)
