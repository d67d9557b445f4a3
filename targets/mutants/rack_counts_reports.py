"""A loss near the end of a page waits for the timer, since fewer than three segments follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import rack
from tcpref.rack import Found, detect, enough_reported

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.rack import Rack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:6.2-TIME-LOSS"


def counting(tcb: Tcb, times: Rack, now: int) -> tuple[Found, int]:
    if tcb.recovery is None and not enough_reported(tcb):
        return Found(lost=False, resent_at=None), 0
    return detect(tcb, times, now)


def plant(patch: Patch) -> None:
    patch(rack, "detect", counting)
