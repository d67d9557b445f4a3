"""TCP_CORK: less than a full segment waits for more, as a cork holds back what is in a bottle.

tcp(7): partial frames are not sent until the option is cleared, and held for 200 ms at most. The
time counts from the moment at which nothing else is outstanding; what is outstanding draws an ACK,
and that looks at the queue anew. A FIN pulls the cork: nothing can join the last octets any more.
Urgent text does not wait either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

#: Nanoseconds for which the cork holds.
LONGEST = 200_000_000


def apply(_stack: Stack, made: Socket, tcb: Tcb) -> None:
    """Put the cork in, or pull it; what it has held goes with the next look at the queue."""
    tcb.corked = made.corked


def lets_small_out(tcb: Tcb) -> bool:
    """Whether less than a full segment passes the cork."""
    return tcb.fin_queued or tcb.snd_up is not None
