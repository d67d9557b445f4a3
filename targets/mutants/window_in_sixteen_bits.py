"""A peer with room for 64 KiB to the octet gets none: the high half of its window is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import set_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:REC-1"


def take(tcb: Tcb, segment: Segment) -> None:
    set_send_window(tcb, segment)
    tcb.snd_wnd &= 0xFFFF


def plant(patch: Patch) -> None:
    patch(steps, "set_send_window", take)
