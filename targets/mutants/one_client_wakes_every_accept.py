"""Of the workers of a server that all wait in accept() each client ends all but one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import accept
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "DOC-17"


def woken_for_nothing(kernel: Kernel, call: PendingCall) -> Result | None:
    result = accept(kernel, call)
    if result is None and call.started:
        raise CallError("EAGAIN")
    call.started = True
    return result


def plant(patch: Patch) -> None:
    patch(calls_connection, "accept", woken_for_nothing)
