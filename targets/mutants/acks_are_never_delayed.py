"""Each key pressed in a remote shell costs a segment more: no ACK waits for the echo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-18"


def at_once(_stack: Stack, tcb: Tcb) -> None:
    tcb.ack_due = True


def plant(patch: Patch) -> None:
    patch(Stack, "delay_ack", at_once)
