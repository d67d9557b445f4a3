"""A program that asks for urgent data where there is none asks again for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.calls_data import receive_urgent
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.tcb import Tcb

REQUIREMENT = "POSIX:RECV-OOB-EINVAL"


def try_again(kernel: Kernel, made: Socket, tcb: Tcb, length: int, *, peek: bool) -> bytes:
    if tcb.mark is None or made.oob_inline:
        raise CallError("EAGAIN")
    return receive_urgent(kernel, made, tcb, length, peek=peek)


def plant(patch: Patch) -> None:
    patch(calls_data, "receive_urgent", try_again)
