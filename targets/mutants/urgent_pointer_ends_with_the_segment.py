"""Long urgent data is announced piece by piece: the peer takes the end of each for its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent
from tcpref.urgent import pointer_of

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-31"


def piecemeal(tcb: Tcb, number: int, flags: int) -> int:
    return min(tcb.snd_mss, pointer_of(tcb, number, flags))


def plant(patch: Patch) -> None:
    patch(urgent, "pointer_of", piecemeal)
