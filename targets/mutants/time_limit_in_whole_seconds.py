"""A reader with a time limit of half a second waits for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.calls_data import wait

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:RCVTIMEO"


def whole_seconds(kernel: Kernel, call: PendingCall, timeout: int) -> None:
    wait(kernel, call, timeout // 1_000 * 1_000)


def plant(patch: Patch) -> None:
    patch(calls_data, "wait", whole_seconds)
