"""A segment that was long under way opens a window that is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import check_sequence

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-WND-OLD-SEG"


def hasty(tcb: Tcb, segment: Segment) -> Disposition | None:
    steps.set_send_window(tcb, segment)
    return check_sequence(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "check_sequence", hasty)
