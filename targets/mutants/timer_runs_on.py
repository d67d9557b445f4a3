"""A transfer that goes on is repeated: progress does not start the timer anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import acknowledge

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6298:5.3-RESTART"


def without_restart(tcb: Tcb, segment: Segment, now: int) -> None:
    expires = tcb.retransmission.at
    acknowledge(tcb, segment, now)
    tcb.retransmission.at = expires


def plant(patch: Patch) -> None:
    patch(steps, "acknowledge", without_restart)
