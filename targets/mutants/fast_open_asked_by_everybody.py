"""Plain connections run into what drops SYNs with an option that it does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_stack, user
from tcpref.user import open_actively

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.fastopen import FastOpen
    from tcpref.ports import Binding
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Key, Tcb

REQUIREMENT = "RFC7413:4.2.1-COOKIE-REQ"


def asking(
    stack: Stack,
    socket: Socket,
    key: Key,
    binding: Binding,
    opening: FastOpen | None = None,
    text: bytes = b"",
) -> Tcb:
    opening = opening or fastopen_stack.for_open(stack, key)
    return open_actively(stack, socket, key, binding, opening, text)


def plant(patch: Patch) -> None:
    patch(user, "open_actively", asking)
