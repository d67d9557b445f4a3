"""The user time-out: R2 of one connection, set by its application (RFC 9293, 3.8.3, MUST-21).

TCP_USER_TIMEOUT takes the place of R2 for what the connection sends: as long as text, or a FIN, or
the SYN of an active open is outstanding, or a closed window keeps it from going out, and SND.UNA
does not move, this much time passes and no more. It is exact: the connection ends then, and not at
the next retransmission. It does not change when anything is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import OPENING, State, Tcb
from tcpref.timers import Timer, TimerKind

if TYPE_CHECKING:
    from tcpref.sockets import Socket
    from tcpref.stack import Stack

MILLISECOND = 1_000_000


class Patience:
    """How long one connection waits (nanoseconds), and SND.UNA as it was when it began to."""

    __slots__ = ("limit", "timer", "una")

    def __init__(self, tcb: Tcb, milliseconds: int) -> None:
        self.limit = milliseconds * MILLISECOND
        self.timer = Timer(TimerKind.USER, tcb)
        self.una = tcb.snd_una


def apply(stack: Stack, made: Socket, tcb: Tcb) -> None:
    """TCP_USER_TIMEOUT has been set on a connection; 0 gives R2 back to the settings."""
    if tcb.patience is not None:
        tcb.patience.timer.stop()
    tcb.patience = Patience(tcb, made.user_timeout) if made.user_timeout else None
    watch(stack, tcb)


def watch(stack: Stack, tcb: Tcb) -> None:
    """Something was sent or acknowledged: start, go on with, or end the wait."""
    patience = tcb.patience
    if patience is None:
        return
    if not waits(tcb):
        patience.timer.stop()
    elif not patience.timer.running or patience.una != tcb.snd_una:
        patience.una = tcb.snd_una
        stack.timers.start(patience.timer, max(stack.now, tcb.stalled_since + patience.limit))


def waits(tcb: Tcb) -> bool:
    """Whether the peer owes an acknowledgement, or a window.

    It owes nothing before the SYN has gone out (`quiet`), and once the connection has ended.
    """
    if tcb.state in OPENING:
        return not tcb.passive and tcb.flight > 0
    if tcb.state is State.CLOSED:
        return False
    return tcb.flight > 0 or (tcb.snd_wnd == 0 and (tcb.unsent > 0 or tcb.fin_pending))


def counts(tcb: Tcb) -> bool:
    """Whether the user time-out decides about this connection now, in place of R2."""
    return tcb.patience is not None and tcb.patience.timer.running
