"""The end of every answer costs two ACKs: one for its last text, one for the FIN beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output, seq
from tcpref.output import send_ack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-58"


def apart(stack: Stack, tcb: Tcb) -> None:
    end = tcb.rcv_nxt
    if tcb.fin_received and seq.distance(end, tcb.last_ack_sent) > 1:
        tcb.rcv_nxt = seq.add(end, -1)
        send_ack(stack, tcb)
        tcb.rcv_nxt = end
    send_ack(stack, tcb)


def plant(patch: Patch) -> None:
    patch(output, "send_ack", apart)
