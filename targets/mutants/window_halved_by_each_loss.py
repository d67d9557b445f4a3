"""Two losses in one window halve it twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery
from tcpref.loss_recovery import new_reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6582:3.2-PARTIAL"


def twice(stack: Stack, tcb: Tcb, acked: int, *, duplicate: bool) -> None:
    if acked:
        tcb.congestion.lost(tcb)
    new_reno(stack, tcb, acked, duplicate=duplicate)


def plant(patch: Patch) -> None:
    patch(loss_recovery, "new_reno", twice)
