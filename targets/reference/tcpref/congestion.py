"""The congestion window: what every algorithm is told, and the one that limits nothing.

An algorithm holds two numbers, `cwnd` and `ssthresh`, in octets. Methods tell it what has happened
on a connection; it reads of the connection what it needs and changes its own numbers only. What is
sent or sent again is decided in `output` and `loss_recovery`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcpref.tcb import Tcb

#: No window is larger (RFC 7323, 2.3): as cwnd it limits nothing, as ssthresh ends no slow start.
NO_LIMIT = 1 << 30


class Congestion:
    """No congestion control: the peer's window alone limits what is sent."""

    __slots__ = ("cwnd", "ssthresh")

    def __init__(self) -> None:
        self.cwnd = NO_LIMIT
        self.ssthresh = NO_LIMIT

    def opened(self, tcb: Tcb) -> None:
        """The handshake is over, Eff.snd.MSS is known; `tcb.syn_lost` tells how it went."""

    def resized(self, tcb: Tcb) -> None:
        """Eff.snd.MSS has grown: what cwnd allows may be less than a segment."""

    def acknowledged(self, tcb: Tcb, octets: int) -> None:
        """`octets` have just been acknowledged for the first time, outside fast recovery.

        SND.UNA has not moved yet: `tcb.flight` is what was outstanding before.
        """

    def lost(self, tcb: Tcb) -> None:
        """Duplicate acknowledgements tell of a loss: fast recovery begins."""

    def recovered(self, tcb: Tcb) -> None:
        """All that was outstanding when fast recovery began has been acknowledged."""

    def timed_out(self, tcb: Tcb) -> None:
        """The retransmission timer has expired; `tcb.retransmissions` counts how often in a row."""

    def congestion_experienced(self, tcb: Tcb) -> None:
        """The peer echoes a mark of the network's: once a window of data (RFC 3168, 6.1.2)."""

    def idle(self, tcb: Tcb) -> None:
        """Nothing has been sent for longer than RTO; all is acknowledged, and text is to go."""
