"""A busy server loses clients: accept() without a free descriptor throws them away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import accept
from tcpref.calls_naming import target
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "POSIX:ACCEPT-EMFILE"


def hasty(kernel: Kernel, call: PendingCall) -> Result | None:
    listener = target(call).listener
    if listener is not None and listener.accept_queue:
        try:
            call.process.lowest_free()
        except CallError:
            kernel.stack.close_connection(listener.take(), None)
            raise
    return accept(kernel, call)


def plant(patch: Patch) -> None:
    patch(calls_connection, "accept", hasty)
