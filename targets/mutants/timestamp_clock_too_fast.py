"""A peer takes new segments for old ones after four days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq, timestamps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.4-CLOCK"


def clock(tcb: Tcb, now: int) -> int:
    return (now // 100_000 + tcb.ts_offset) & seq.MASK


def plant(patch: Patch) -> None:
    patch(timestamps, "clock", clock)
