"""Every SYN tells in the echo field what TSval tells already, and strict peers drop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.options import build_timestamps
from tcpref.segment import ACK
from tcpref.timestamps import option

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:3.2-TSECR-ZERO"


def always_echoing(tcb: Tcb, flags: int, now: int) -> bytes:
    if flags & ACK:
        return option(tcb, flags, now)
    ticks = timestamps.clock(tcb, now)
    return build_timestamps(ticks, ticks)


def plant(patch: Patch) -> None:
    patch(timestamps, "option", always_echoing)
