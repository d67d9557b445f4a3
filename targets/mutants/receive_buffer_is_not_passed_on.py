"""A small device runs out of memory: peers may send more than the buffer it asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:SO_RCVBUF-WINDOW"
configure = Socket.configure


def with_usual_buffer(made: Socket, tcb: Tcb) -> None:
    configure(made, tcb)
    tcb.rcv_buffer = tcb.settings.rcv_buffer
    tcb.choose_window()


def plant(patch: Patch) -> None:
    patch(Socket, "configure", with_usual_buffer)
