"""A client that is let in by one of its addresses only calls from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.addresses import WILDCARDS
from tcpref.calls_connection import start_connect

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.calls_connection import Opener
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.tcb import Tcb
    from tcpref.waiting import PendingCall

REQUIREMENT = "RFC9293:MUST-43"


def from_anywhere(
    kernel: Kernel,
    call: PendingCall,
    made: Socket,
    fast_open: Opener | None = None,
    text: bytes = b"",
) -> Tcb:
    made.address = WILDCARDS[made.family]
    return start_connect(kernel, call, made, fast_open, text)


def plant(patch: Patch) -> None:
    patch(calls_connection, "start_connect", from_anywhere)
