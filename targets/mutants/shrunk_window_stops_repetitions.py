"""When a window shrinks, what was lost of it stays lost until the window grows again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery
from tcpref.loss_recovery import timed_out

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-16"


def inside_only(stack: Stack, tcb: Tcb) -> None:
    if tcb.usable_window >= 0:
        timed_out(stack, tcb)


def plant(patch: Patch) -> None:
    patch(loss_recovery, "timed_out", inside_only)
