"""A reader waits for ever on a peer that has closed behind its last text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "POSIX:RECV-EOF"
wake = Stack.wake


def by_text(stack: Stack, tcb: Tcb) -> None:
    if not tcb.fin_received or tcb.received:
        wake(stack, tcb)


def plant(patch: Patch) -> None:
    patch(Stack, "wake", by_text)
