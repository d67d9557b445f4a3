"""The application is told of the time-out, but the connection lives on in the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import recovery
from tcpref.recovery import give_up

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.8-USER-TIMEOUT"


def half(stack: Stack, tcb: Tcb) -> None:
    if tcb.patience is None or tcb.socket is None:
        give_up(stack, tcb)
        return
    tcb.socket.connection_failed("ETIMEDOUT", opening=False)


def plant(patch: Patch) -> None:
    patch(recovery, "give_up", half)
