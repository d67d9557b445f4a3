"""A probe carries text for which the peer has no room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output, tail_loss

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.3-PROBE"


def send_new(stack: Stack, tcb: Tcb) -> bool:
    size = min(tcb.unsent, output.full_size(tcb))
    if size:
        output.send_text(stack, tcb, size)
    return size > 0


def plant(patch: Patch) -> None:
    patch(tail_loss, "send_new", send_new)
