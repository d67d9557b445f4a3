"""SEGMENT ARRIVES in LISTEN (RFC 9293, 3.10.7.2)."""

from __future__ import annotations

from tcpref.disposition import DROP, RESET, Answer, Disposition
from tcpref.listener import Listener
from tcpref.segment import ACK, RST, SYN, Segment
from tcpref.tcb import State

OPEN_PASSIVELY = Disposition(Answer.SYN_ACK, State.SYN_RECEIVED)


def segment_arrives(listener: Listener, segment: Segment) -> Disposition:
    """A SYN opens a connection; the listener itself stays as it is."""
    # First, check for a RST: there is nothing it could refer to.
    if segment.flags & RST:
        return DROP
    # Second, check for an ACK: nothing has been sent that it could acknowledge.
    if segment.flags & ACK:
        return RESET
    # Third, check for a SYN. A full queue ignores it, so that the peer tries again.
    if segment.flags & SYN:
        return OPEN_PASSIVELY if listener.admits_syn() else DROP
    # Fourth, other data or control: drop.
    return DROP
