"""A peer that has lost its state resets in vain, and the connection hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import CHALLENGE, DROP, Disposition
from tcpref.states import steps
from tcpref.states.steps import check_rst

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5961:3.2-RST-RECOVER"


def unanswered(tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    wanted = check_rst(tcb, segment, reset)
    return DROP if wanted is CHALLENGE else wanted


def plant(patch: Patch) -> None:
    patch(steps, "check_rst", unanswered)
