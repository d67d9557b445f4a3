"""A peer that sends much makes the target repeat without need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.2-DUPACK-DEF"


def is_duplicate_ack(tcb: Tcb, segment: Segment) -> bool:
    return tcb.snd_una != tcb.snd_nxt and segment.ack == tcb.snd_una


def plant(patch: Patch) -> None:
    patch(steps, "is_duplicate_ack", is_duplicate_ack)
