"""A program that reads from a socket before connect() takes its peer for one that has closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.calls_data import receive
from tcpref.calls_naming import target

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

REQUIREMENT = "RFC9293:3.10.3-RECV-CLOSED"


def at_end(kernel: Kernel, call: PendingCall) -> bytes | None:
    return b"" if target(call).tcb is None else receive(kernel, call)


def plant(patch: Patch) -> None:
    patch(calls_data, "receive", at_end)
