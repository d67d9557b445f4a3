"""close() that lingers returns before the last octets have arrived, and they may be lost unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import lingers

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:LINGER-BLOCK"


def until_sent(kernel: Kernel, call: PendingCall, made: Socket) -> bool:
    sent = made.tcb is not None and made.tcb.fin_sent
    return not sent and lingers(kernel, call, made)


def plant(patch: Patch) -> None:
    patch(calls_connection, "lingers", until_sent)
