"""On a path of half a second the first segments go out twice: one round trip hardly counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.rto import RtoEstimator

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6298:2.2-FIRST"


def plant(patch: Patch) -> None:
    sample = RtoEstimator.sample

    def smoothed(rto: RtoEstimator, measured: int, a_window: int = 1) -> None:
        if rto.srtt is None:
            rto.srtt = 0
        sample(rto, measured, a_window)

    patch(RtoEstimator, "sample", smoothed)
