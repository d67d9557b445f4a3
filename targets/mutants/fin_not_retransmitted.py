"""When the FIN is lost the peer never learns that the stream has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.output import resend

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.8-RETRANS-FIN"


def forgetful(stack: Stack, tcb: Tcb, number: int, size: int) -> int:
    return resend(stack, tcb, number, size) if len(tcb.send_buffer) else number


def plant(patch: Patch) -> None:
    patch(output, "resend", forgetful)
