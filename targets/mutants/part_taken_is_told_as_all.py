"""An event loop loses octets: send() that took a part of them says that it took all."""

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


def all_of_it(
    kernel: Kernel, call: PendingCall, made: Socket, flags: frozenset[str]
) -> Result | None:
    told = give(kernel, call, made, flags)
    return told and told._replace(value=len(call.args.octets()))


def plant(patch: Patch) -> None:
    patch(calls_data, "give", all_of_it)
