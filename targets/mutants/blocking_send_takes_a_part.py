"""A program that never looks at what send() returned cuts its files short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.calls_data import give
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:SEND-PARTIAL"


def a_part(kernel: Kernel, call: PendingCall, made: Socket, flags: frozenset[str]) -> Result | None:
    told = give(kernel, call, made, flags)
    return Result(call.progress) if told is None and call.progress else told


def plant(patch: Patch) -> None:
    patch(calls_data, "give", a_part)
