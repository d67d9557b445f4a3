"""When the FIN is lost the peer never learns that the stream has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.output import retransmit

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.8-RETRANS-FIN"


def forgetful(stack: Stack, tcb: Tcb) -> None:
    if len(tcb.send_buffer):
        retransmit(stack, tcb)


def plant(patch: Patch) -> None:
    patch(output, "retransmit", forgetful)
