"""Old duplicates of one connection turn up in the next one between the same two ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import recovery
from tcpref.recovery import start_lingering
from tcpref.tcb import State, Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack

REQUIREMENT = "RFC9293:MUST-13"


def hasty(stack: Stack, tcb: Tcb) -> None:
    start_lingering(stack, tcb)
    if tcb.state is State.TIME_WAIT:
        stack.timers.start(tcb.lingering, stack.now + tcb.settings.msl_s * recovery.SECOND)


def plant(patch: Patch) -> None:
    patch(recovery, "start_lingering", hasty)
