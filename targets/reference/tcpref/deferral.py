"""TCP_DEFER_ACCEPT: a connection waits for the client's first text before accept() hears of it.

tcp(7): a listener is awakened only when data arrives; the option's seconds bound the wait. The
handshake itself is completed as ever (RFC 9293, 3.10.7.4), the connection only keeps its place
among those that are not ready. An end of the client's text is as good as text, and when the time
is over the connection is handed out with nothing to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.timers import Timer, TimerKind

if TYPE_CHECKING:
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

SECOND = 1_000_000_000


def handshake_over(stack: Stack, tcb: Tcb) -> None:
    """The handshake of a passive open is over: to the accept queue, or wait for text."""
    listener = tcb.listener
    if listener is None:
        return
    wait = listener.socket.defer_accept
    if not wait or tcb.opened_early:
        listener.complete(tcb)
        return
    tcb.deferral = Timer(TimerKind.DEFERRAL, tcb)
    stack.timers.start(tcb.deferral, stack.now + wait * SECOND)


def look(tcb: Tcb) -> None:
    """Something has come: text, or the end of it, ends the wait."""
    if tcb.received or tcb.fin_received:
        end(tcb)


def end(tcb: Tcb) -> None:
    """The connection joins the accept queue."""
    if tcb.deferral is not None:
        tcb.deferral.stop()
        tcb.deferral = None
    if tcb.listener is not None:
        tcb.listener.complete(tcb)
