"""A probe that arrives tells nothing of what is missing, and the timer has to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output, tail_loss

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.rack import Rack
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.3-PROBE"


def send_first(stack: Stack, tcb: Tcb, _times: Rack) -> int:
    output.resend(stack, tcb, tcb.snd_una, min(tcb.flight, output.full_size(tcb)))
    return tcb.snd_una


def plant(patch: Patch) -> None:
    patch(tail_loss, "send_last", send_first)
