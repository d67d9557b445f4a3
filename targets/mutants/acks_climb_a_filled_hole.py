"""A loss is followed by a shower of ACKs: one for each segment that waited behind the hole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output, seq
from tcpref.output import send_ack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-59"


def climb(stack: Stack, tcb: Tcb) -> None:
    end = tcb.rcv_nxt
    if seq.distance(end, tcb.last_ack_sent) > 2 * tcb.rcv_mss:
        while seq.distance(end, tcb.last_ack_sent) > tcb.rcv_mss:
            tcb.rcv_nxt = seq.add(tcb.last_ack_sent, tcb.rcv_mss)
            send_ack(stack, tcb)
        tcb.rcv_nxt = end
    send_ack(stack, tcb)


def plant(patch: Patch) -> None:
    patch(output, "send_ack", climb)
