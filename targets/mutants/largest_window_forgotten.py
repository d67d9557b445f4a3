"""A slow reader's window of ten octets is filled at once: one header for every ten octets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import set_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-38"


def take(tcb: Tcb, segment: Segment) -> None:
    set_send_window(tcb, segment)
    tcb.max_snd_wnd = tcb.snd_wnd


def plant(patch: Patch) -> None:
    patch(steps, "set_send_window", take)
