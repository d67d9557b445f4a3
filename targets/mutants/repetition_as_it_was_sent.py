"""What goes again has its old time: the peer drops it, or takes the round trip for a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.output import resend

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.4-TSVAL-MONOTONE"


def from_the_queue(stack: Stack, tcb: Tcb, number: int, size: int) -> int:
    since = (stack.now - tcb.sent_at) // 1_000_000
    tcb.ts_offset -= since
    end = resend(stack, tcb, number, size)
    tcb.ts_offset += since
    return end


def plant(patch: Patch) -> None:
    patch(output, "resend", from_the_queue)
