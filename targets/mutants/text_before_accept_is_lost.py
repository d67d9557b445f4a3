"""What a client sends before accept() is acknowledged and thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "POSIX:ACCEPT-QUEUED-DATA"


after_segment = Stack.after_segment


def for_nobody(stack: Stack, tcb: Tcb, una: int) -> None:
    if tcb.listener is not None:
        tcb.discard_received()
    after_segment(stack, tcb, una)


def plant(patch: Patch) -> None:
    patch(Stack, "after_segment", for_nobody)
