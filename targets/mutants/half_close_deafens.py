"""A client that shuts down its sending side never reads the answer to its request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user
from tcpref.user import close

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.3-RECV-FW"


def full_close(stack: Stack, tcb: Tcb) -> None:
    close(stack, tcb)
    if tcb.socket is not None:
        tcb.socket.read_shut = True


def plant(patch: Patch) -> None:
    patch(user, "close", full_close)
