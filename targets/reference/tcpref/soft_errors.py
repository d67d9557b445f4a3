"""Soft errors told while a connection lives (RFC 9293, 3.9.1.8), to who asks for it: IP_RECVERR.

As ip(7) has it for streams: the next call on the socket fails with the error, or SO_ERROR gives it,
and the connection goes on. What is told is an ICMP error about a segment in flight (MUST-47) and
that R1 has passed without an acknowledgement (SHLD-9, ETIMEDOUT). Without the option nobody hears
of either before the end (SHLD-20).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb


def tell(stack: Stack, tcb: Tcb, errno: str) -> None:
    """A soft error is pending on the connection's socket, if its application asks for such."""
    socket = tcb.socket
    if socket is not None and socket.soft_errors:
        socket.error = errno
        stack.wake(tcb)


def retransmitted(stack: Stack, tcb: Tcb) -> None:
    """A segment goes out once more; with R1 the application is told of the trouble."""
    if tcb.retransmissions == tcb.settings.r1_retransmissions:
        tell(stack, tcb, tcb.soft_error or "ETIMEDOUT")
