"""A program that knows of no reports takes a hiccup of the network for the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import soft_errors

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-20"


def tell_anybody(stack: Stack, tcb: Tcb, errno: str) -> None:
    if tcb.socket is not None:
        tcb.socket.error = errno
        stack.wake(tcb)


def plant(patch: Patch) -> None:
    patch(soft_errors, "tell", tell_anybody)
