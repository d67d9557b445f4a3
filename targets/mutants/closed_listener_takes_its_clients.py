"""A server that closes its listener to stop taking clients loses those that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import kernel, user
from tcpref.kernel import close_listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.stack import Stack

REQUIREMENT = "POSIX:ACCEPT-LISTENER-LIVES"


def close_with_clients(stack: Stack, socket: Socket) -> None:
    for tcb in tuple(stack.connections.values()):
        if socket.listener is not None and tcb.passive and tcb.key[1] == socket.port:
            user.abort(stack, tcb, None)
    close_listener(stack, socket)


def plant(patch: Patch) -> None:
    patch(kernel, "close_listener", close_with_clients)
