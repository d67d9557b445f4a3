"""A time-out sends the last segment again, and those before it wait for time-outs of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery, seq
from tcpref.loss_recovery import timed_out
from tcpref.output import resend

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6298:5.4-EARLIEST"


def from_the_end(stack: Stack, tcb: Tcb) -> None:
    if tcb.flight <= tcb.snd_mss or tcb.fin_sent:
        timed_out(stack, tcb)
    else:
        resend(stack, tcb, seq.add(tcb.snd_nxt, -tcb.snd_mss), tcb.snd_mss)


def plant(patch: Patch) -> None:
    patch(loss_recovery, "timed_out", from_the_end)
