"""A short answer that is lost never comes again: a single segment starts no timer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.output import start_retransmission
from tcpref.tcb import SENDING

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6298:5.1-START"


def start(stack: Stack, tcb: Tcb) -> None:
    if tcb.state not in SENDING or tcb.flight > tcb.snd_mss:
        start_retransmission(stack, tcb)


def plant(patch: Patch) -> None:
    patch(output, "start_retransmission", start)
