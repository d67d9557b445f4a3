"""A program stands still in send() because its peer does not read, with an empty buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:SEND-SUCCESS-LOCAL"
send_space = Socket.send_space


def peers_room(made: Socket) -> int:
    closed = made.tcb is not None and not made.tcb.snd_wnd
    return 0 if closed else send_space(made)


def plant(patch: Patch) -> None:
    patch(Socket, "send_space", peers_room)
