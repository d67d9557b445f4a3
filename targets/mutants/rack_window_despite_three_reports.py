"""Every loss is repaired a quarter of a round trip later than it could be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import rack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:6.2-DUPTHRESH"


def enough_reported(_tcb: Tcb) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(rack, "enough_reported", enough_reported)
