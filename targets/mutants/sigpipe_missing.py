"""A filter whose reader has gone runs on, as it relies on the signal rather than on the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.calls_data import sendable

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.tcb import Tcb
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:SIGPIPE"


def without_signal(
    made: Socket,
    call: PendingCall,
    *,
    quiet: bool,  # noqa: ARG001 - the fault
) -> Tcb | None:
    return sendable(made, call, quiet=True)


def plant(patch: Patch) -> None:
    patch(calls_data, "sendable", without_signal)
