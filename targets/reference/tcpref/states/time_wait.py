"""SEGMENT ARRIVES in TIME-WAIT (RFC 9293, 3.10.7.4)."""

from __future__ import annotations

from tcpref import seq
from tcpref.disposition import ACKNOWLEDGE, CLOSE_QUIETLY, Disposition
from tcpref.segment import ACK, FIN, RST, SYN, Segment
from tcpref.states import steps
from tcpref.tcb import State, Tcb

RESTART = ACKNOWLEDGE._replace(enter=State.TIME_WAIT)


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """Old segments die out; a FIN that comes again means that our last ACK was lost.

    Entering TIME-WAIT once more starts the wait of 2 MSL anew. A repeated FIN lies left of the
    window, so it is looked for before the sequence check would drop it.
    """
    if repeats_fin(tcb, segment):
        return RESTART
    # First to fourth: sequence number, RST, security, SYN. Fifth: the ACK field.
    ended = steps.first_checks(tcb, segment, CLOSE_QUIETLY) or steps.check_ack(tcb, segment, now)
    # Sixth to eighth: nothing can follow a FIN.
    return ended if ended is not None else steps.after_peers_fin(tcb, segment)


def repeats_fin(tcb: Tcb, segment: Segment) -> bool:
    """The FIN that brought us here, with or without the text before it."""
    if segment.flags & (FIN | ACK | SYN | RST) != FIN | ACK:
        return False
    return seq.add(segment.seq, segment.length) == tcb.rcv_nxt


def reopens(tcb: Tcb, segment: Segment) -> bool:
    """MAY-2: a SYN above the old sequence space may open the connection again."""
    wanted = segment.flags & (SYN | ACK | RST | FIN) == SYN
    return wanted and seq.after(segment.seq, tcb.rcv_nxt)
