"""An option that does not belong there changes how all windows are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import update_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:2.2-NONSYN-IGNORED"


def with_option(tcb: Tcb, segment: Segment) -> None:
    if segment.options.wscale is not None:
        tcb.snd_scale = segment.options.wscale
    update_send_window(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "update_send_window", with_option)
