"""A client that picks its numbers at random cannot come back for four minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import time_wait

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6191:2-A1"


def number_only(_tcb: Tcb, _segment: Segment) -> bool | None:
    return None


def plant(patch: Patch) -> None:
    patch(time_wait, "told_by_timestamp", number_only)
