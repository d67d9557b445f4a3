"""A fast path over a long distance stays empty, for no more than 64 KiB are ever sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.options import Options
from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7323:2.3-SCALE-APPLIED"


SCALED = Tcb.negotiate


def without_shift(tcb: Tcb, options: Options, now: int) -> None:
    SCALED(tcb, options, now)
    tcb.snd_scale = 0


def plant(patch: Patch) -> None:
    patch(Tcb, "negotiate", without_shift)
