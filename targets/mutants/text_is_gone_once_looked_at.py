"""A server that looks at a request to see who should serve it has eaten it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.calls_data import read_request

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:RECV-PEEK"


def without_peek(kernel: Kernel, call: PendingCall) -> tuple[frozenset[str], int]:
    flags, length = read_request(kernel, call)
    call.request = flags - {"MSG_PEEK"}, length
    return call.request


def plant(patch: Patch) -> None:
    patch(calls_data, "read_request", without_peek)
