"""An event loop hangs in accept() when the client that woke it has gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import accept
from tcpref.calls_naming import target

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "POSIX:ACCEPT-EAGAIN"


def waiting(kernel: Kernel, call: PendingCall) -> Result | None:
    made = target(call)
    nobody = made.listener is not None and not made.listener.accept_queue
    return None if nobody else accept(kernel, call)


def plant(patch: Patch) -> None:
    patch(calls_connection, "accept", waiting)
