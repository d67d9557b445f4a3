"""A second connect() between the same two ends takes over the first one's connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import start_connect
from tcpref.calls_naming import address_argument

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.calls_connection import Opener
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.tcb import Tcb
    from tcpref.waiting import PendingCall

REQUIREMENT = "RFC9293:3.10.1-OPEN-AGAIN"


def in_its_place(
    kernel: Kernel,
    call: PendingCall,
    made: Socket,
    fast_open: Opener | None = None,
    text: bytes = b"",
) -> Tcb:
    remote, port = address_argument(kernel, made, call.args)
    kernel.stack.connections.pop((made.address, made.port, remote, port), None)
    return start_connect(kernel, call, made, fast_open, text)


def plant(patch: Patch) -> None:
    patch(calls_connection, "start_connect", in_its_place)
