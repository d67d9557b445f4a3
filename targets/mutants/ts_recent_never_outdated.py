"""A connection that was idle for a month takes nothing any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.5-24DAYS"


def outdated(_tcb: Tcb, _now: int) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(timestamps, "outdated", outdated)
