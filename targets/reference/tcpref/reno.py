"""Reno: slow start, congestion avoidance, half the window for a loss (RFC 5681, RFC 6928)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.congestion import NO_LIMIT, Congestion

if TYPE_CHECKING:
    from tcpref.tcb import Tcb

#: The segments that RFC 5681, 3.1 lets a connection start with, by the size that they exceed.
OLD_TABLE = ((2_190, 2), (1_095, 3), (0, 4))
#: Octets a segment that RFC 6928, 2 allows for whatever the size: 14,600 for ten of them.
OCTETS_A_SEGMENT = 1_460


def initial_window(mss: int, segments: int) -> int:
    """IW in octets for `segments` of at most `mss` octets.

    Ten are RFC 6928's min(10*MSS, max(2*MSS, 14600)). Four and fewer are bounded by the table of
    RFC 5681 as well.
    """
    if segments > OLD_TABLE[-1][1]:
        return min(segments * mss, max(2 * mss, segments * OCTETS_A_SEGMENT))
    allowed = next(number for above, number in OLD_TABLE if mss > above)
    return min(segments, allowed) * mss


class Reno(Congestion):
    """RFC 5681. `counted`: octets acknowledged since congestion avoidance last widened cwnd."""

    __slots__ = ("counted",)

    def __init__(self) -> None:
        self.cwnd = 0
        self.ssthresh = NO_LIMIT
        self.counted = 0

    def opened(self, tcb: Tcb) -> None:
        """IW; one segment after a lost SYN or SYN,ACK. Neither of their ACKs counts (3.1)."""
        mss = tcb.snd_mss
        self.cwnd = mss if tcb.syn_lost else initial_window(mss, tcb.settings.initial_window)

    def resized(self, tcb: Tcb) -> None:
        """No window is less than LW, one segment (3.1); before `opened` there is none."""
        if self.cwnd:
            self.cwnd = max(self.cwnd, tcb.snd_mss)

    def acknowledged(self, tcb: Tcb, octets: int) -> None:
        """Slow start: min(N, SMSS) an ACK. Congestion avoidance: SMSS for each cwnd of octets.

        A window that is not half used grows no more: its size has proved nothing (RFC 7661, 4.1).
        """
        if 2 * tcb.flight < self.cwnd:
            return
        mss = tcb.snd_mss
        if self.cwnd < self.ssthresh:
            self.cwnd += min(octets, mss)
            return
        self.counted += octets
        if self.counted >= self.cwnd:
            self.counted -= self.cwnd
            self.cwnd += mss

    def lost(self, tcb: Tcb) -> None:
        """3.2, step 2. The three segments of step 3 are counted as gone (`loss_recovery`)."""
        self.halve(tcb)
        self.cwnd = self.ssthresh

    def recovered(self, tcb: Tcb) -> None:  # noqa: ARG002 - the interface
        """3.2, step 6."""
        self.cwnd = self.ssthresh

    def timed_out(self, tcb: Tcb) -> None:
        """LW is one segment; ssthresh stays when the same text is lost once more (3.1)."""
        if tcb.retransmissions == 1:
            self.halve(tcb)
        self.cwnd = tcb.snd_mss
        self.counted = 0

    def congestion_experienced(self, tcb: Tcb) -> None:
        """As for a loss, but nothing is sent again (RFC 3168, 6.1.2)."""
        self.halve(tcb)
        self.cwnd = self.ssthresh

    def idle(self, tcb: Tcb) -> None:
        """4.1: the restart window, the lesser of IW and cwnd."""
        self.cwnd = min(self.cwnd, initial_window(tcb.snd_mss, tcb.settings.initial_window))

    def halve(self, tcb: Tcb) -> None:
        """Equation 4: ssthresh = max(FlightSize / 2, 2*SMSS).

        What is outstanding beyond cwnd has been sent by Limited Transmit, which does not count.
        """
        self.ssthresh = max(min(tcb.flight, self.cwnd) // 2, 2 * tcb.snd_mss)
        self.counted = 0
