"""A receiver that runs out of memory cannot hold its sender back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import set_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:2.4-INITIAL-IN-WINDOW"


def widest(tcb: Tcb, segment: Segment) -> None:
    set_send_window(tcb, segment)
    tcb.snd_wnd = max(tcb.snd_wnd, tcb.max_snd_wnd)


def plant(patch: Patch) -> None:
    patch(steps, "set_send_window", widest)
