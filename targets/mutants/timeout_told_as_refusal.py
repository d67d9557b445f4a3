"""An application that nobody answers is told that the service is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import recovery

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "POSIX:CONNECT-ETIMEDOUT"


def give_up(stack: Stack, tcb: Tcb) -> None:
    stack.close_connection(tcb, "ECONNREFUSED")


def plant(patch: Patch) -> None:
    patch(recovery, "give_up", give_up)
