"""Segments to a peer on a link with large frames are larger than our own link can bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-16"


def take_mss(tcb: Tcb, offered: int | None) -> None:
    tcb.peer_mss = max(tcb.settings.min_mss, tcb.default_mss if offered is None else offered)
    tcb.choose_size()


def plant(patch: Patch) -> None:
    patch(Tcb, "take_mss", take_mss)
