"""A program that forgot to connect looks for the fault in the arguments of its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.errors import CallError
from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "POSIX:RECV-ENOTCONN"


def connection(made: Socket) -> Tcb:
    if made.tcb is None or made.failed:
        raise CallError("EINVAL")
    return made.tcb


def plant(patch: Patch) -> None:
    patch(Socket, "connection", connection)
