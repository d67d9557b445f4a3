"""A few clients that read nothing use up the memory of all connections: nobody is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.send_buffer import SendBuffer
from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:7-ZERO-WINDOW-FLOOD"

POOL = 256 * 1024

append, acknowledge, space = SendBuffer.append, SendBuffer.acknowledge, Socket.send_space


def plant(patch: Patch) -> None:
    waiting: dict[int, int] = {}

    def count(buffer: SendBuffer) -> None:
        waiting[id(buffer)] = len(buffer)

    def appended(buffer: SendBuffer, octets: bytes) -> None:
        append(buffer, octets)
        count(buffer)

    def acknowledged(buffer: SendBuffer, octets: int) -> None:
        acknowledge(buffer, octets)
        count(buffer)

    def room(socket: Socket) -> int:
        return max(0, min(space(socket), POOL - sum(waiting.values())))

    patch(SendBuffer, "append", appended)
    patch(SendBuffer, "acknowledge", acknowledged)
    patch(Socket, "send_space", room)
