"""On a connection with text both ways losses are found by the timer: only bare ACKs report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.output import send_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC2018:4-ALWAYS"


def silent(stack: Stack, tcb: Tcb, size: int) -> None:
    kept, tcb.sack_report = tcb.sack_report, None
    send_text(stack, tcb, size)
    tcb.sack_report = kept


def plant(patch: Patch) -> None:
    patch(output, "send_text", silent)
