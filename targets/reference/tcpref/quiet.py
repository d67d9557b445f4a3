"""Quiet time (RFC 9293, 3.4.2 and 3.4.3).

A host that has forgotten which sequence numbers it was using could give a new connection numbers
that old segments, still under way, lie within. So for one MSL after its start it sends no TCP
segment at all: an open waits with its SYN, and what arrives is not answered.

The setting `quiet_time_s` is 0 by default. Initial numbers that follow a clock which survives the
crash (`isn`) make the wait needless, and the RFC lets an implementer take the risk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq

if TYPE_CHECKING:
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

SECOND = 1_000_000_000


class QuietTime:
    """When a host may send again. The time counts from the first call or datagram."""

    __slots__ = ("seconds", "until")

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.until: int | None = None

    def begin(self, now: int) -> int:
        """When it ends (nanoseconds). It begins at the first `now` that is told."""
        if self.until is None:
            self.until = now + self.seconds * SECOND
        return self.until

    def lasts(self, now: int) -> bool:
        """Whether nothing may be sent at `now` (nanoseconds)."""
        return now < self.begin(now)


def put_off(stack: Stack, tcb: Tcb) -> bool:
    """Whether the SYN of a new connection has to wait; its timer then says until when."""
    quiet = stack.quiet
    if quiet is None or not quiet.lasts(stack.now):
        return False
    stack.timers.start(tcb.retransmission, quiet.begin(stack.now))
    return True


def is_put_off(tcb: Tcb) -> bool:
    """Whether no segment of the connection has gone out yet."""
    return tcb.snd_nxt == tcb.iss


def open_now(stack: Stack, tcb: Tcb) -> None:
    """The quiet time is over: only now a sequence number is assigned, and the SYN goes."""
    iss = stack.choose_iss(tcb.key)
    tcb.iss = tcb.snd_una = tcb.snd_nxt = iss
    tcb.data_seq = seq.add(iss, 1)
    stack.start_handshake(tcb)
