"""Two hosts whose buffers are full wait for each other for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import CHALLENGE
from tcpref.states import steps
from tcpref.states.steps import first_checks

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-ZEROWND-VALIDACK"


def by_the_table(tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    if segment.length and not tcb.rcv_wnd:
        return CHALLENGE
    return first_checks(tcb, segment, reset)


def plant(patch: Patch) -> None:
    patch(steps, "first_checks", by_the_table)
