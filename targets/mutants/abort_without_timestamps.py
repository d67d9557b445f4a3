"""A peer that checks timestamps does not believe the reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.segment import RST
from tcpref.timestamps import option

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:3.2-RST-TS"


def not_on_a_reset(tcb: Tcb, flags: int, now: int) -> bytes:
    return b"" if flags & RST else option(tcb, flags, now)


def plant(patch: Patch) -> None:
    patch(timestamps, "option", not_on_a_reset)
