"""Whoever has said goodbye can still alarm the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import close_wait, steps
from tcpref.states.close_wait import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-URG-AFTER-FIN"


def alarming(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    steps.check_urgent(tcb, segment)
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(close_wait, "segment_arrives", alarming)
