"""Whoever is slow to read sends everything twice: while its window is closed no ACK counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import CHALLENGE
from tcpref.segment import RST
from tcpref.states import steps
from tcpref.states.steps import first_checks

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-ZEROWND-ACK"


def check(tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    if tcb.rcv_wnd == 0 and segment.length == 0 and not segment.flags & RST:
        return CHALLENGE
    return first_checks(tcb, segment, reset)


def plant(patch: Patch) -> None:
    patch(steps, "first_checks", check)
