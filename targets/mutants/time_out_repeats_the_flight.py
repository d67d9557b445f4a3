"""A time-out sends the whole flight again at once, into a path that has just lost it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery
from tcpref.loss_recovery import resend_hole, timed_out

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.1-LW"


def go_back(stack: Stack, tcb: Tcb) -> None:
    timed_out(stack, tcb)
    recovery = tcb.recovery
    while recovery is not None and recovery.high_rxt != tcb.snd_nxt:
        sent = resend_hole(stack, tcb, (recovery.high_rxt, tcb.snd_nxt))
        if sent == recovery.high_rxt:
            return
        recovery.high_rxt = sent


def plant(patch: Patch) -> None:
    patch(loss_recovery, "timed_out", go_back)
