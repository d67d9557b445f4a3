"""A transfer slows down as after a loss when a router has told it of its MTU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC1191:6.4-CWND"

too_big = loss_recovery.too_big


def too_big_is_a_loss(stack: Stack, tcb: Tcb) -> None:
    tcb.congestion.lost(tcb)
    too_big(stack, tcb)


def plant(patch: Patch) -> None:
    patch(loss_recovery, "too_big", too_big_is_a_loss)
