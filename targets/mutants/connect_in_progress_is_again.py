"""Programs that connect without blocking take what is under way for a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls
from tcpref.calls_connection import connect
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "POSIX:CONNECT-EINPROGRESS"


def again(kernel: Kernel, call: PendingCall) -> Result | None:
    try:
        return connect(kernel, call)
    except CallError as error:
        raise CallError("EAGAIN" if error.errno == "EINPROGRESS" else error.errno) from None


def plant(patch: Patch) -> None:
    patch(calls, "CALLS", calls.CALLS | {"connect": again})
