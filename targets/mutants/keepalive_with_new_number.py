"""A probe takes a sequence number of its own: a peer that lives need not answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import keepalive, output
from tcpref.segment import ACK

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-27"


def ahead(stack: Stack, tcb: Tcb) -> None:
    output.transmit(stack, tcb, tcb.snd_nxt, ACK)


def plant(patch: Patch) -> None:
    patch(keepalive, "probe", ahead)
