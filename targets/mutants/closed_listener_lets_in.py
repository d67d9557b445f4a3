"""A client in the midst of its handshake is connected to a server that has gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import kernel
from tcpref.kernel import close_listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.stack import Stack

REQUIREMENT = "DOC-28"


def half(stack: Stack, socket: Socket) -> None:
    if socket.listener is not None:
        socket.listener.syn_queue.clear()
    close_listener(stack, socket)


def plant(patch: Patch) -> None:
    patch(kernel, "close_listener", half)
