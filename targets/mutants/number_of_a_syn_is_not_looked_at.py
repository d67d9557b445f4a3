"""A client that opens its next connection within a millisecond is kept out for 2 MSL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import time_wait
from tcpref.states.time_wait import told_by_timestamp

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6191:2-A2"


def by_time_only(tcb: Tcb, segment: Segment) -> bool | None:
    told = told_by_timestamp(tcb, segment)
    return False if told is None and tcb.timestamps else told


def plant(patch: Patch) -> None:
    patch(time_wait, "told_by_timestamp", by_time_only)
