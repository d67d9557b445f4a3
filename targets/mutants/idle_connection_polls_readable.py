"""An event loop turns at full speed: an open connection is always readable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket
from tcpref.tcb import SENDING

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-49"


readable = Socket.readable


def or_open(made: Socket) -> bool:
    return readable(made) or (made.tcb is not None and made.tcb.state in SENDING)


def plant(patch: Patch) -> None:
    patch(Socket, "readable", or_open)
