"""A client's next connection hangs: the server's new timestamps look older than its last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq, timestamps
from tcpref.timestamps import clock

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.4-TSVAL-MONOTONE"


def own_clock(tcb: Tcb, now: int) -> int:
    return (clock(tcb, now) - tcb.iss) & seq.MASK


def plant(patch: Patch) -> None:
    patch(timestamps, "clock", own_clock)
