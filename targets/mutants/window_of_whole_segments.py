"""A sender is told again and again that what it was allowed is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import window
from tcpref.window import field

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-14"


def rounded(tcb: Tcb) -> int:
    return field(tcb) - (tcb.rcv_wnd % tcb.announced_mss >> tcb.rcv_scale)


def plant(patch: Patch) -> None:
    patch(window, "field", rounded)
