"""While one segment is repaired the link stands idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery
from tcpref.loss_recovery import new_reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.2-INFLATE"


def idle(stack: Stack, tcb: Tcb, acked: int, *, duplicate: bool) -> None:
    if not duplicate:
        new_reno(stack, tcb, acked, duplicate=False)


def plant(patch: Patch) -> None:
    patch(loss_recovery, "new_reno", idle)
