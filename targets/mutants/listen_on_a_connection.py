"""listen() on a connected socket succeeds, and the program waits for clients that never come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls
from tcpref.calls_naming import listen, target
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:LISTEN-CONNECTED"


def always(kernel: Kernel, call: PendingCall) -> Result:
    return Result() if target(call).tcb is not None else listen(kernel, call)


def plant(patch: Patch) -> None:
    patch(calls, "CALLS", calls.CALLS | {"listen": always})
