"""RFC 9293, 3.10.7.2: a segment for a listener: first RST, second ACK, third SYN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import SILENCE, Answer, Branch
from tcpassay.model.rules.closed import reset_for
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.rules.with_syn import kept_or_left, numbered
from tcpassay.model.tcb import MASK
from tcpassay.wire import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment


def listen(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """The listener stays as it is, whatever comes; a SYN makes a connection beside it."""
    flags = segment.flags
    if flags & RST:
        clause = "RFC9293:3.10.7.2-RSTACK" if flags & ACK else "RFC9293:3.10.7.2-RST"
        return (Branch(tcb, SILENCE, clause),)
    if flags & ACK:
        return (Branch(tcb, reset_for(segment), _ack_clause(flags)),)
    if flags & SYN:
        return _syn(tcb, segment)
    clause = "RFC9293:3.10.7.2-FIN" if flags & FIN else "RFC9293:3.10.7.2-NOFLAGS"
    return (Branch(tcb, SILENCE, clause),)


def _ack_clause(flags: int) -> str:
    if flags & SYN:
        return "RFC9293:3.10.7.2-SYNACK"
    return "RFC9293:3.10.7.2-FINACK" if flags & FIN else "RFC9293:3.10.7.2-ACK"


def _syn(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """SYN-RECEIVED. Text and FIN on the SYN are kept for later, or have to be sent again.

    The numbers that the target picks (ISS, its window) are bound from its SYN,ACK.
    """
    opened = numbered(tcb, segment, timestamps(segment))
    opened = opened._replace(state="SYN-RECEIVED", passive=True)
    if segment.flags & FIN:
        clause = "RFC9293:3.10.7.2-SYN-FIN"
    elif segment.payload:
        clause = "RFC9293:3.10.7.2-SYN-DATA"
    else:
        clause = "RFC9293:3.10.7.2-SYN"
    answer = Answer("syn-ack", (), ((segment.seq + 1) & MASK,))
    return kept_or_left(Branch(opened, answer, clause), segment)
