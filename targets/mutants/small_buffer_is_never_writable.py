"""An event loop with a small send buffer never sends again: POLLOUT wants more room than it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:SEND-EAGAIN"
LOW_WATER = 16_384
is_writable = Socket.writable


def low_water_mark(made: Socket) -> bool:
    return is_writable(made) and (made.tcb is None or made.send_space() > LOW_WATER)


def plant(patch: Patch) -> None:
    patch(Socket, "writable", low_water_mark)
