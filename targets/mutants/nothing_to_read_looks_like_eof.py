"""A program that does not block takes a pause for the end of the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.calls_data import receive
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:RECV-EAGAIN"


def empty(kernel: Kernel, call: PendingCall) -> bytes | None:
    try:
        return receive(kernel, call)
    except CallError as error:
        if error.errno != "EAGAIN" or "MSG_OOB" in call.args.names():
            raise
        return b""


def plant(patch: Patch) -> None:
    patch(calls_data, "receive", empty)
