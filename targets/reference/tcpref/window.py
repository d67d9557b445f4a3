"""The receive window: when its right edge moves and when the peer is told (RFC 9293, 3.8.6.2.2).

The edge never moves to the left (SHLD-14). It moves to the right only in steps worth a segment,
so that a slow reader does not draw a stream of tiny segments (MUST-39).
"""

from __future__ import annotations

from tcpref import seq
from tcpref.tcb import Tcb

MAX_WINDOW = 0xFFFF


def free_space(tcb: Tcb) -> int:
    """Octets of the receive buffer that the application has left free."""
    return min(max(0, tcb.rcv_buffer - len(tcb.received)), MAX_WINDOW)


def possible_gain(tcb: Tcb) -> int:
    """How far the edge could move to the right; negative when the buffer became smaller."""
    return seq.distance(seq.add(tcb.rcv_nxt, free_space(tcb)), tcb.rcv_edge)


def worthwhile_gain(tcb: Tcb) -> int:
    """The least step: a full segment, or half the buffer where that is smaller."""
    return min(tcb.announced_mss, max(1, tcb.rcv_buffer // 2))


def advance_edge(tcb: Tcb) -> None:
    """Move the edge if the step is worth it; called for each segment that announces a window."""
    gain = possible_gain(tcb)
    if gain >= worthwhile_gain(tcb):
        tcb.rcv_edge = seq.add(tcb.rcv_edge, gain)


def update_wanted(tcb: Tcb) -> bool:
    """Whether the peer should be told at once that the application has read.

    That is so when it may be stalled, with less than a segment of window left, or when half the
    buffer has become free since it was last told.
    """
    gain = possible_gain(tcb)
    if gain < worthwhile_gain(tcb):
        return False
    return tcb.rcv_wnd < tcb.announced_mss or gain >= tcb.rcv_buffer // 2
