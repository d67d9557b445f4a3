"""Whoever loses a connection to a host that became unreachable is not told why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import recovery
from tcpref.tcb import OPENING, Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack

REQUIREMENT = "DOC-39"


def give_up(stack: Stack, tcb: Tcb) -> None:
    told = tcb.soft_error if tcb.state in OPENING else None
    stack.close_connection(tcb, told or "ETIMEDOUT")


def plant(patch: Patch) -> None:
    patch(recovery, "give_up", give_up)
