"""A peer that is not ready yet gets text without room for it: no window at the open means 536."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps
from tcpref.states.steps import set_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.8.6-SYN-ZERO-WINDOW"


def take(tcb: Tcb, segment: Segment) -> None:
    if segment.wnd == 0 and seq.distance(tcb.snd_nxt, tcb.iss) <= 1:
        segment = segment._replace(wnd=tcb.default_mss)
    set_send_window(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "set_send_window", take)
