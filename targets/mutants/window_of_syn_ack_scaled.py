"""A peer's first window is taken for many times its size, and its buffer is overrun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import set_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:2.2-SYN-UNSCALED"


def every_window_scaled(tcb: Tcb, segment: Segment) -> None:
    set_send_window(tcb, segment)
    tcb.snd_wnd = segment.wnd << tcb.snd_scale


def plant(patch: Patch) -> None:
    patch(steps, "set_send_window", every_window_scaled)
