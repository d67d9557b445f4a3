"""A server of one thread that accepts with SOCK_NONBLOCK stands still at the first slow client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import adopt

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-20"


def always_blocking(stack: Stack, made: Socket, tcb: Tcb, *, nonblocking: bool) -> Socket:
    accepted = adopt(stack, made, tcb, nonblocking=nonblocking)
    accepted.nonblocking = False
    return accepted


def plant(patch: Patch) -> None:
    patch(calls_connection, "adopt", always_blocking)
