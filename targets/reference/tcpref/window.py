"""The receive window: when its right edge moves and when the peer is told (RFC 9293, 3.8.6.2.2).

The edge never moves to the left (SHLD-14). It moves to the right only in steps worth a segment,
so that a slow reader does not draw a stream of tiny segments (MUST-39).

Where windows are scaled the field tells of whole units of 2^Rcv.Wind.Shift octets. What is left
below a unit is rounded up while the buffer has room for it, else down: the field may then tell of
a little less than before, but all that was ever announced is still taken (RFC 7323, 2.4).
"""

from __future__ import annotations

from tcpref import seq
from tcpref.segment import ACK, SYN
from tcpref.tcb import LARGEST_FIELD, Tcb


def free_space(tcb: Tcb) -> int:
    """Octets of the receive buffer that the application has left free."""
    space = tcb.rcv_buffer - len(tcb.received)
    largest = LARGEST_FIELD << tcb.rcv_scale
    return 0 if space < 0 else space if space < largest else largest


def possible_gain(tcb: Tcb) -> int:
    """How far the edge could move to the right; negative when the buffer became smaller."""
    return seq.distance(tcb.rcv_nxt + free_space(tcb), tcb.rcv_edge)


def worthwhile_gain(tcb: Tcb) -> int:
    """The least step: a full segment, or half the buffer where that is smaller."""
    mss, half = tcb.announced_mss, tcb.rcv_buffer // 2
    return mss if mss <= half else max(1, half)


def advance_edge(tcb: Tcb) -> None:
    """Move the edge if the step is worth it; called for each segment that announces a window."""
    gain = possible_gain(tcb)
    if gain > 0 and gain >= worthwhile_gain(tcb):
        tcb.rcv_edge = seq.add(tcb.rcv_edge, gain)


def field(tcb: Tcb) -> int:
    """SEG.WND of a segment that goes out now, once the edge has been moved."""
    shift = tcb.rcv_scale
    if not shift:
        return tcb.rcv_wnd
    missing = -tcb.rcv_wnd & ((1 << shift) - 1)
    if missing and possible_gain(tcb) >= missing:
        tcb.rcv_edge = seq.add(tcb.rcv_edge, missing)
    return tcb.rcv_wnd >> shift


def field_while_opening(tcb: Tcb, flags: int) -> int:
    """SEG.WND before the handshake is over; that of a SYN is never scaled (RFC 7323, 2.2).

    The edge stays where the first SYN has put it, whatever becomes of the buffer: one that is sent
    again could not tell of more, and one that told of less would take back what was told (SHLD-14).
    """
    wnd = tcb.rcv_wnd if flags & ACK else tcb.first_window
    return wnd if flags & SYN else wnd >> tcb.rcv_scale


def update_wanted(tcb: Tcb) -> bool:
    """Whether the peer should be told at once that the application has read.

    That is so when it may be stalled, with less than a segment of window left, or when half the
    buffer has become free since it was last told.
    """
    gain = possible_gain(tcb)
    if gain <= 0 or gain < worthwhile_gain(tcb):
        return False
    return tcb.rcv_wnd < tcb.announced_mss or gain >= tcb.rcv_buffer // 2
