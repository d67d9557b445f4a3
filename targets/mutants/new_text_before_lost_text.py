"""The reader waits: while anything new can be sent, what was lost is not sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.loss_recovery import Recovery
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6675:5-ENTER"


def send_lost(_stack: Stack, _tcb: Tcb, _recovery: Recovery) -> None:
    return


def plant(patch: Patch) -> None:
    patch(loss_recovery, "send_lost", send_lost)
