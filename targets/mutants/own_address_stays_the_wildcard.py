"""A server on many addresses never learns on which of them a client has reached it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.addresses import WILDCARDS
from tcpref.calls_connection import adopt, start_connect

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.calls_connection import Opener
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb
    from tcpref.waiting import PendingCall

REQUIREMENT = "DOC-43"


def adopted(stack: Stack, made: Socket, tcb: Tcb, *, nonblocking: bool) -> Socket:
    accepted = adopt(stack, made, tcb, nonblocking=nonblocking)
    accepted.address = WILDCARDS[made.family]
    return accepted


def connected(
    kernel: Kernel,
    call: PendingCall,
    made: Socket,
    fast_open: Opener | None = None,
    text: bytes = b"",
) -> Tcb:
    tcb = start_connect(kernel, call, made, fast_open, text)
    made.address = WILDCARDS[made.family]
    return tcb


def plant(patch: Patch) -> None:
    patch(calls_connection, "adopt", adopted)
    patch(calls_connection, "start_connect", connected)
