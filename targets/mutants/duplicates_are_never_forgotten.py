"""On a path that reorders a little, text is repeated without need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import acknowledge

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6675:5-CUMACK-RESET"


def counting_on(tcb: Tcb, segment: Segment, now: int) -> None:
    counted = tcb.dup_acks
    acknowledge(tcb, segment, now)
    tcb.dup_acks = counted


def plant(patch: Patch) -> None:
    patch(steps, "acknowledge", counting_on)
