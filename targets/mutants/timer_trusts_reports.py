"""A peer that has thrown text away never gets it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery
from tcpref.loss_recovery import timed_out

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC2018:5-RTO-LEFT-EDGE"


def trusting(stack: Stack, tcb: Tcb) -> None:
    if not tcb.scoreboard.blocks or tcb.scoreboard.missing(tcb.snd_una, tcb.snd_nxt):
        timed_out(stack, tcb)


def plant(patch: Patch) -> None:
    patch(loss_recovery, "timed_out", trusting)
