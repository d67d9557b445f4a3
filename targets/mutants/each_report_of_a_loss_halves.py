"""Three losses in one flight leave an eighth of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery
from tcpref.loss_recovery import SACK, ack_arrived

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6675:5-ENTER"


def once_more(stack: Stack, tcb: Tcb, acked: int) -> None:
    if tcb.duplicate and tcb.recovery is not None and tcb.recovery.way is SACK:
        tcb.congestion.lost(tcb)
    ack_arrived(stack, tcb, acked)


def plant(patch: Patch) -> None:
    patch(loss_recovery, "ack_arrived", once_more)
