"""Each small request costs the best part of a second, and some are sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-40"


def delay_ack(stack: Stack, tcb: Tcb) -> None:
    if not tcb.delayed_ack.running:
        stack.timers.start(tcb.delayed_ack, stack.now + 800_000_000)


def plant(patch: Patch) -> None:
    patch(Stack, "delay_ack", delay_ack)
