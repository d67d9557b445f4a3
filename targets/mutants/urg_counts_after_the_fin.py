"""Whoever has said goodbye can still alarm the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import after_peers_fin

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-URG-AFTER-FIN"


def alarming(tcb: Tcb, segment: Segment) -> Disposition:
    steps.check_urgent(tcb, segment)
    return after_peers_fin(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "after_peers_fin", alarming)
