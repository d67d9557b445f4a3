"""A peer waits for an ACK of what has been answered long since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.output import transmit

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-TEXT-PIGGYBACK"


def stale(
    stack: Stack, tcb: Tcb, number: int, flags: int, *, payload: bytes = b"", **rest: object
) -> None:
    newest, owed = tcb.rcv_nxt, tcb.delayed_ack.at
    if payload:
        tcb.rcv_nxt = tcb.last_ack_sent
    transmit(stack, tcb, number, flags, payload=payload, **rest)  # type: ignore[arg-type]
    tcb.rcv_nxt = newest
    if payload and owed is not None:
        stack.timers.start(tcb.delayed_ack, owed)


def plant(patch: Patch) -> None:
    patch(output, "transmit", stale)
