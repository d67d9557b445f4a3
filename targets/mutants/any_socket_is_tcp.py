"""A program that asks for datagrams, or for a family that does not exist, gets a stream of IPv4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls
from tcpref.calls import CALLS
from tcpref.calls_naming import socket
from tcpref.errors import CallError
from tcpref.sockets import Socket
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

REQUIREMENT = "DOC-02"


def whatever_is_asked(kernel: Kernel, call: PendingCall) -> Result:
    try:
        return socket(kernel, call)
    except CallError:
        return Result(call.process.install(Socket(kernel.stack.settings)))


def plant(patch: Patch) -> None:
    patch(calls, "CALLS", CALLS | {"socket": whatever_is_asked})
