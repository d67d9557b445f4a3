"""getsockname() says 0.0.0.0 on an open connection, and a server logs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls
from tcpref.addresses import WILDCARDS
from tcpref.calls_naming import address_result, target

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "RFC9293:MUST-44"


def as_bound(kernel: Kernel, call: PendingCall) -> Result:
    made = target(call)
    return address_result(kernel, call, made, WILDCARDS[made.family], made.port)


def plant(patch: Patch) -> None:
    patch(calls, "CALLS", calls.CALLS | {"getsockname": as_bound})
