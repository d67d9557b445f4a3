"""A client that connects again at once gets octets of its last connection in the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import start_connect
from tcpref.calls_naming import address_argument
from tcpref.tcb import State, Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.calls_connection import Opener
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

REQUIREMENT = "DOC-06"


def as_if_it_were_over(
    kernel: Kernel,
    call: PendingCall,
    made: Socket,
    fast_open: Opener | None = None,
    text: bytes = b"",
) -> Tcb:
    remote = address_argument(kernel, made, call.args)
    for tcb in tuple(kernel.stack.connections.values()):
        if tcb.state is State.TIME_WAIT and tcb.key[2:] == remote:
            kernel.stack.close_connection(tcb, None)
    return start_connect(kernel, call, made, fast_open, text)


def plant(patch: Patch) -> None:
    patch(calls_connection, "start_connect", as_if_it_were_over)
