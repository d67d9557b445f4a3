"""A client that has timestamps since its update is kept out for 2 MSL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import time_wait
from tcpref.states.time_wait import told_by_timestamp

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6191:2-B1"


def as_before(tcb: Tcb, segment: Segment) -> bool | None:
    return told_by_timestamp(tcb, segment) if tcb.timestamps else False


def plant(patch: Patch) -> None:
    patch(time_wait, "told_by_timestamp", as_before)
