"""The retransmission time-out (RFC 6298), with Karn's rule.

One octet at a time is timed. A retransmission stops the timing, so an acknowledgement that could
mean either copy never becomes a sample (section 3). Times are nanoseconds.
"""

from __future__ import annotations

from tcpref import seq

SECOND = 1_000_000_000
AFTER_LOST_SYN = 3 * SECOND


class RtoEstimator:
    """SRTT, RTTVAR and RTO of one connection, and the octet being timed."""

    __slots__ = ("ceiling", "floor", "rto", "rttvar", "srtt", "timed_at", "timed_seq")

    def __init__(self, initial: int, floor: int, ceiling: int) -> None:
        self.floor = floor
        self.ceiling = ceiling
        self.rto = initial
        self.srtt: int | None = None
        self.rttvar = 0
        self.timed_seq = 0
        self.timed_at: int | None = None

    def start_timing(self, acked_by: int, now: int) -> None:
        """Time the octet whose acknowledgement is `acked_by`, unless another is being timed."""
        if self.timed_at is None:
            self.timed_seq = acked_by
            self.timed_at = now

    def stop_timing(self) -> None:
        """Karn: something was sent twice, so no answer can be told from another."""
        self.timed_at = None

    def acknowledged(self, ack: int, now: int) -> None:
        """Take a sample if `ack` covers the octet being timed."""
        if self.timed_at is not None and not seq.before(ack, self.timed_seq):
            self.sample(now - self.timed_at)
            self.timed_at = None

    def sample(self, measured: int, a_window: int = 1) -> None:
        """Take one measured round trip into account (2.2, 2.3). It also undoes back-off.

        Of `a_window` samples a window each weighs as much less (RFC 7323, appendix G).
        """
        if self.srtt is None:
            self.srtt = measured
            self.rttvar = measured // 2
        else:
            self.rttvar += (abs(self.srtt - measured) - self.rttvar) // (4 * a_window)
            self.srtt += (measured - self.srtt) // (8 * a_window)
        self.rto = self.bounded(self.srtt + max(1, 4 * self.rttvar))

    def bounded(self, value: int) -> int:
        """A computed time-out within its floor and ceiling (2.4, 2.5)."""
        return min(max(value, self.floor), self.ceiling)

    def back_off(self) -> None:
        """The timer expired: the next wait is twice as long (5.5)."""
        self.rto = min(self.rto * 2, self.ceiling)

    def restart_after_lost_syn(self) -> None:
        """The SYN had to be sent again: data starts with three seconds (5.7)."""
        self.rto = min(max(self.floor, AFTER_LOST_SYN), self.ceiling)
