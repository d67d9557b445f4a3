"""A program that goes on after an error of shutdown() gets a connection shut down already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls
from tcpref.calls_connection import shutdown
from tcpref.calls_naming import target

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "POSIX:SHUTDOWN-ENOTCONN"


def all_the_same(kernel: Kernel, call: PendingCall) -> Result:
    made = target(call)
    if made.tcb is None:
        made.read_shut = made.read_shut or call.args.name() in {"SHUT_RD", "SHUT_RDWR"}
        made.write_shut = made.write_shut or call.args.name() in {"SHUT_WR", "SHUT_RDWR"}
    return shutdown(kernel, call)


def plant(patch: Patch) -> None:
    patch(calls, "CALLS", calls.CALLS | {"shutdown": all_the_same})
