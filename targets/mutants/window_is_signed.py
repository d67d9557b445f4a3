"""A peer with room for 40,000 octets gets none: its window is read as a negative number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import set_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-1"


def take(tcb: Tcb, segment: Segment) -> None:
    set_send_window(tcb, segment if segment.wnd < 0x8000 else segment._replace(wnd=0))


def plant(patch: Patch) -> None:
    patch(steps, "set_send_window", take)
