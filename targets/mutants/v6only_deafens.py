"""A server that asked for IPv6 alone is reached by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener

REQUIREMENT = "RFC3493:5.3-V6ONLY"


find_listener = Stack.find_listener


def find_open_listener(stack: Stack, address: bytes, port: int) -> Listener | None:
    found = find_listener(stack, address, port)
    return None if found is None or found.socket.v6only else found


def plant(patch: Patch) -> None:
    patch(Stack, "find_listener", find_open_listener)
