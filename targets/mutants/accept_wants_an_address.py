"""A server that does not ask where its clients come from cannot accept any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import accept
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "DOC-19"


def with_room_only(kernel: Kernel, call: PendingCall) -> Result | None:
    if call.args.first("length") == 0:
        raise CallError("EFAULT")
    return accept(kernel, call)


def plant(patch: Patch) -> None:
    patch(calls_connection, "accept", with_room_only)
