"""A server's answers have none of the priority that it asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-48"


configure = Socket.configure


def configure_bare(socket: Socket, tcb: Tcb) -> None:
    configure(socket, tcb)
    if tcb.passive:
        tcb.ip = None


def plant(patch: Patch) -> None:
    patch(Socket, "configure", configure_bare)
