"""A program that waits for its peer does not hear that no way leads there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import soft_errors

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-47"


def tell_nobody_who_waits(_stack: Stack, tcb: Tcb, errno: str) -> None:
    socket = tcb.socket
    if socket is not None and socket.soft_errors:
        socket.error = errno


def plant(patch: Patch) -> None:
    patch(soft_errors, "tell", tell_nobody_who_waits)
