"""A device that bounds its windows for want of memory is sent a whole buffer in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:TCP_WINDOW_CLAMP"


delay_ack = Stack.delay_ack


def forgetful(stack: Stack, tcb: Tcb) -> None:
    tcb.rcv_buffer = stack.settings.rcv_buffer
    delay_ack(stack, tcb)


def plant(patch: Patch) -> None:
    patch(Stack, "delay_ack", forgetful)
