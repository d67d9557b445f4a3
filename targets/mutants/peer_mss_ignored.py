"""Segments are too large for the peer's link, so a transfer stalls behind a black hole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-14"


def take_mss(tcb: Tcb, _offered: int | None) -> None:
    tcb.snd_mss = tcb.announced_mss


def plant(patch: Patch) -> None:
    patch(Tcb, "take_mss", take_mss)
