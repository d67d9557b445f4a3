"""A client that tells its server where to call back tells it 0.0.0.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import start_connect

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.calls_connection import Opener
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.tcb import Tcb
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:CONNECT-AUTOBIND"


def nameless(
    kernel: Kernel,
    call: PendingCall,
    made: Socket,
    fast_open: Opener | None = None,
    text: bytes = b"",
) -> Tcb:
    address = made.address
    tcb = start_connect(kernel, call, made, fast_open, text)
    made.address = address
    return tcb


def plant(patch: Patch) -> None:
    patch(calls_connection, "start_connect", nameless)
