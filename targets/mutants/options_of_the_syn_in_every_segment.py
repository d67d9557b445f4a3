"""Every segment says the MSS and the window scale again, and carries so much less text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.options import build_mss, build_window_scale
from tcpref.output import transmit
from tcpref.segment import SYN

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-65"


def repeat(
    stack: Stack, tcb: Tcb, number: int, flags: int, *, options: bytes = b"", **rest: object
) -> None:
    if not flags & SYN:
        options += build_mss(tcb.announced_mss)
        options += build_window_scale(tcb.rcv_scale) if tcb.window_scaling else b""
    transmit(stack, tcb, number, flags, options=options, **rest)  # type: ignore[arg-type]


def plant(patch: Patch) -> None:
    patch(output, "transmit", repeat)
