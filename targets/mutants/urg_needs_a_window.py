"""While the buffer is full nobody learns of urgent data, which is when it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import check_urgent

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-66"


def with_room(tcb: Tcb, segment: Segment) -> None:
    if tcb.rcv_wnd:
        check_urgent(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "check_urgent", with_room)
