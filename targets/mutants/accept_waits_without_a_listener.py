"""A server that forgot listen() hangs in accept() and is never told why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import accept
from tcpref.calls_naming import target

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "POSIX:ACCEPT-EINVAL"


def waiting(kernel: Kernel, call: PendingCall) -> Result | None:
    return None if target(call).listener is None else accept(kernel, call)


def plant(patch: Patch) -> None:
    patch(calls_connection, "accept", waiting)
