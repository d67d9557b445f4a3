"""A server that defers accept() is woken by clients that say nothing, and waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import deferral

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:TCP_DEFER_ACCEPT"


def handshake_over(_stack: Stack, tcb: Tcb) -> None:
    if tcb.listener is not None:
        tcb.listener.complete(tcb)


def plant(patch: Patch) -> None:
    patch(deferral, "handshake_over", handshake_over)
