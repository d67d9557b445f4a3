"""The first burst overruns a peer whose SYN-ACK has announced a small window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import ACK, SYN
from tcpref.states import steps
from tcpref.states.steps import set_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.3-WND-INIT"


USUAL = 8_192


def at_least_usual(tcb: Tcb, segment: Segment) -> None:
    if segment.flags & SYN and segment.flags & ACK:
        segment = segment._replace(wnd=max(segment.wnd, USUAL))
    set_send_window(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "set_send_window", at_least_usual)
