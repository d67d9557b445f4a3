"""A device that bounds its windows for want of memory is sent a whole buffer at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:TCP_WINDOW_CLAMP"


configure = Socket.configure


def whole(made: Socket, tcb: Tcb) -> None:
    configure(made, tcb)
    tcb.rcv_buffer = made.rcv_buffer
    tcb.choose_window()


def plant(patch: Patch) -> None:
    patch(Socket, "configure", whole)
