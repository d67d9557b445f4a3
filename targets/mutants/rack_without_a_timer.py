"""A loss is found, and repaired only once something else happens to arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import rack
from tcpref.rack import Found, detect

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.rack import Rack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:6.2-TIMER"


def untimed(tcb: Tcb, times: Rack, now: int) -> tuple[Found, int]:
    found, _ = detect(tcb, times, now)
    return found, 0


def plant(patch: Patch) -> None:
    patch(rack, "detect", untimed)
