"""A sender that has filled the window is told that it has sent too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import window
from tcpref.window import field

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-14"


OVERHEAD = 2


def with_overhead(tcb: Tcb) -> int:
    left = max(0, tcb.rcv_buffer - OVERHEAD * len(tcb.received)) >> tcb.rcv_scale
    return min(field(tcb), left)


def plant(patch: Patch) -> None:
    patch(window, "field", with_overhead)
