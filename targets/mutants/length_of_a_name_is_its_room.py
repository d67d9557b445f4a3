"""A program that asks for a name with too little room never learns how much it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming
from tcpref.calls_naming import SOCKADDR_SIZE, address_result
from tcpref.waiting import PendingCall, Result

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket

REQUIREMENT = "DOC-43"


def result(kernel: Kernel, call: PendingCall, made: Socket, address: bytes, port: int) -> Result:
    room = call.args.number("length", SOCKADDR_SIZE[made.family])
    told = address_result(kernel, call, made, address, port)
    return told._replace(out=(*told.out[:-1], ("length", room)))


def plant(patch: Patch) -> None:
    patch(calls_naming, "address_result", result)
