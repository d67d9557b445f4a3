"""An event loop's last octets are lost unseen: SO_LINGER does not count for its sockets."""

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


def when_blocking(kernel: Kernel, call: PendingCall, made: Socket) -> bool:
    return not made.nonblocking and lingers(kernel, call, made)


def plant(patch: Patch) -> None:
    patch(calls_connection, "lingers", when_blocking)
