"""send() of no octets waits for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.calls_data import give

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "POSIX:SEND-PARTIAL"


def for_some(
    kernel: Kernel, call: PendingCall, made: Socket, flags: frozenset[str]
) -> Result | None:
    return give(kernel, call, made, flags) if call.args.octets() else None


def plant(patch: Patch) -> None:
    patch(calls_data, "give", for_some)
