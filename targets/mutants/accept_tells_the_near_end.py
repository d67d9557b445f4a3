"""A server's log names the server itself as each of its clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.addresses import to_text
from tcpref.calls_connection import accept

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "POSIX:ACCEPT-PEER"


def with_own_name(kernel: Kernel, call: PendingCall) -> Result | None:
    told = accept(kernel, call)
    if told is None:
        return None
    made = call.process.socket(told.value)
    return told._replace(out=(("address", (to_text(made.address, made.family), made.port)),))


def plant(patch: Patch) -> None:
    patch(calls_connection, "accept", with_own_name)
