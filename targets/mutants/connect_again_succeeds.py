"""connect() to another server on an open connection says that it has connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls
from tcpref.calls_connection import connect
from tcpref.calls_naming import target
from tcpref.tcb import SENDING
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:CONNECT-EISCONN"


def satisfied(kernel: Kernel, call: PendingCall) -> Result | None:
    tcb = target(call).tcb
    opened = not call.started and tcb is not None and tcb.state in SENDING
    return Result() if opened else connect(kernel, call)


def plant(patch: Patch) -> None:
    patch(calls, "CALLS", calls.CALLS | {"connect": satisfied})
