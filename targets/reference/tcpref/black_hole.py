"""Black holes: paths on which what is too big disappears and nobody says so (RFC 4821, 7.7).

Where a large segment times out again and again, its size may be why. So the estimate of the path
(`pmtu`) goes down to what nearly all paths carry, and by half with each further time-out. That is
the half of RFC 4821 that saves a connection. The other half, probes that find the largest size, is
not in: as after a router's message the size of the first link is tried again when the estimate is
old. Setting `black_hole_timeouts`; 0 looks for none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import pmtu
from tcpref.addresses import FIXED_HEADERS

if TYPE_CHECKING:
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

#: Octets of the first datagram that is tried in place of larger ones (RFC 4821, 7.2).
FIRST_TRY = 1_024


def segment_timed_out(stack: Stack, tcb: Tcb) -> None:
    """The retransmission timer has expired; it has so `tcb.retransmissions` times in a row."""
    if tcb.retransmissions < tcb.settings.black_hole_timeouts:
        return
    octets = len(tcb.key[0])
    front = FIXED_HEADERS[octets] + min(tcb.flight, tcb.snd_mss)
    size = FIRST_TRY if front > FIRST_TRY else front // 2
    size = max(size, pmtu.LEAST[octets])
    if size < front:
        pmtu.believe(stack, tcb, size)
