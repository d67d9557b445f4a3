"""A server with several addresses cannot tell which of them a client has called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import adopt

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "POSIX:GETSOCKNAME-ACCEPTED"


def named_alike(stack: Stack, made: Socket, tcb: Tcb, *, nonblocking: bool) -> Socket:
    accepted = adopt(stack, made, tcb, nonblocking=nonblocking)
    accepted.address = made.address
    return accepted


def plant(patch: Patch) -> None:
    patch(calls_connection, "adopt", named_alike)
