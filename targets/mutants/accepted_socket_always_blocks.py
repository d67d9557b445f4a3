"""A server that asked accept4() for non-blocking sockets hangs on its first silent client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import adopt

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:ACCEPT4-FLAGS"


def blocking(stack: Stack, made: Socket, tcb: Tcb, *, nonblocking: bool) -> Socket:  # noqa: ARG001 - the fault
    return adopt(stack, made, tcb, nonblocking=False)


def plant(patch: Patch) -> None:
    patch(calls_connection, "adopt", blocking)
