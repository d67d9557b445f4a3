"""A peer that gets text bit by bit sees it again while it still acknowledges: the timer runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import acknowledge

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6298:5.3-RESTART"


def whole_flights(tcb: Tcb, segment: Segment, now: int) -> None:
    gain = (segment.ack - tcb.snd_una) & 0xFFFFFFFF
    if gain >= min(tcb.flight, tcb.snd_mss):
        acknowledge(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(steps, "acknowledge", whole_flights)
