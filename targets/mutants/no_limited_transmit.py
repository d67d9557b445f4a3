"""With small windows a loss is found by the timer only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery
from tcpref.loss_recovery import count_out

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.2-LIMITED"


def strict(tcb: Tcb) -> None:
    count_out(tcb)
    if tcb.recovery is None:
        tcb.left_network = 0


def plant(patch: Patch) -> None:
    patch(loss_recovery, "count_out", strict)
