"""A server written for blocking sockets drops its clients: what accept() gives does not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import adopt

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:ACCEPT-NOINHERIT"


def inheriting(stack: Stack, made: Socket, tcb: Tcb, *, nonblocking: bool) -> Socket:
    return adopt(stack, made, tcb, nonblocking=nonblocking or made.nonblocking)


def plant(patch: Patch) -> None:
    patch(calls_connection, "adopt", inheriting)
