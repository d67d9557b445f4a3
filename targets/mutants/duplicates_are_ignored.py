"""Each loss costs a second of silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.2-FASTRETX"


def loss_detected(_tcb: Tcb) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(loss_recovery, "loss_detected", loss_detected)
