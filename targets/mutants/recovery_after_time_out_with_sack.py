"""Late reports after a time-out repeat a segment that has just been repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery
from tcpref.loss_recovery import timed_out

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6675:5.1-RTO-NO-REENTRY"


def forgetful(stack: Stack, tcb: Tcb) -> None:
    timed_out(stack, tcb)
    tcb.recovery, tcb.recover = None, tcb.iss


def plant(patch: Patch) -> None:
    patch(loss_recovery, "timed_out", forgetful)
