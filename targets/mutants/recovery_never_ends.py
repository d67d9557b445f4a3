"""After one loss the window never grows again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.loss_recovery import Recovery
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6675:5-EXIT"


def finish(_tcb: Tcb, recovery: Recovery) -> None:
    recovery.point = (recovery.point + (1 << 20)) & 0xFFFFFFFF


def plant(patch: Patch) -> None:
    patch(loss_recovery, "finish", finish)
