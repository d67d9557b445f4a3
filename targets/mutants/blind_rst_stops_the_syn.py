"""A forged reset without an acknowledgement keeps connect() from sending its SYN again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import ACK, RST, Segment
from tcpref.stack import Stack
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.3-RST-NOACK"


segment_for = Stack.segment_for


def hushed(stack: Stack, tcb: Tcb, segment: Segment) -> None:
    segment_for(stack, tcb, segment)
    if tcb.state is State.SYN_SENT and segment.flags & (RST | ACK) == RST:
        tcb.retransmission.stop()


def plant(patch: Patch) -> None:
    patch(Stack, "segment_for", hushed)
