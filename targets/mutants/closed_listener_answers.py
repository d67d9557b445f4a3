"""A service that has been shut down still completes handshakes, and nobody accepts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import kernel

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.stack import Stack

REQUIREMENT = "RFC9293:3.10.4-CLOSE-LISTEN"


def close_listener(_stack: Stack, socket: Socket) -> None:
    socket.listener = None


def plant(patch: Patch) -> None:
    patch(kernel, "close_listener", close_listener)
