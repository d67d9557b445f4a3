"""A transfer stands still for ever once the probe of its last flight is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import tail_loss
from tcpref.tail_loss import expires

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.3-RTO"


def last_resort(stack: Stack, tcb: Tcb) -> None:
    expires(stack, tcb)
    tcb.retransmission.stop()


def plant(patch: Patch) -> None:
    patch(tail_loss, "expires", last_resort)
