"""A transfer stalls: that the peer has room again is not heard, as nothing else is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps
from tcpref.states.steps import update_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-WND-UPDATE"


def with_news(tcb: Tcb, segment: Segment) -> None:
    if seq.after(segment.ack, tcb.snd_wl2):
        update_send_window(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "update_send_window", with_news)
