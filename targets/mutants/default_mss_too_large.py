"""A peer too simple for the MSS option gets segments that it cannot take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-15"


take_mss = Tcb.take_mss


def plant(patch: Patch) -> None:
    def link_size(tcb: Tcb, offered: int | None) -> None:
        take_mss(tcb, tcb.announced_mss if offered is None else offered)

    patch(Tcb, "take_mss", link_size)
