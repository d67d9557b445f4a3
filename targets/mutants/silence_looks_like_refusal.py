"""A program believes that no server runs on a host that is not there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import recovery
from tcpref.recovery import give_up
from tcpref.tcb import OPENING

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-24"


def refused(stack: Stack, tcb: Tcb) -> None:
    if tcb.state in OPENING:
        stack.close_connection(tcb, tcb.soft_error or "ECONNREFUSED")
    else:
        give_up(stack, tcb)


def plant(patch: Patch) -> None:
    patch(recovery, "give_up", refused)
