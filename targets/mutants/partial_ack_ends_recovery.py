"""Two losses in one window cost a second of silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery
from tcpref.loss_recovery import finish, new_reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6582:3.2-PARTIAL"


def hasty(stack: Stack, tcb: Tcb, acked: int, *, duplicate: bool) -> None:
    if acked and tcb.recovery is not None:
        finish(tcb, tcb.recovery)
    else:
        new_reno(stack, tcb, acked, duplicate=duplicate)


def plant(patch: Patch) -> None:
    patch(loss_recovery, "new_reno", hasty)
