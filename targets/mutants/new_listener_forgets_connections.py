"""A server that is started again on its port cuts off the clients that the old one still serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming
from tcpref.calls_naming import start_listening

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket

REQUIREMENT = "RFC9293:MUST-41"


def alone(kernel: Kernel, made: Socket) -> None:
    start_listening(kernel, made)
    stack = kernel.stack
    for tcb in [tcb for tcb in stack.connections.values() if tcb.key[1] == made.port]:
        stack.close_connection(tcb, "ECONNABORTED")


def plant(patch: Patch) -> None:
    patch(calls_naming, "start_listening", alone)
