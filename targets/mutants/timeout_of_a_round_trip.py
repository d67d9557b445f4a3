"""On a quick link each delay of 200 ms has everything sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.rto import RtoEstimator

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6298:2.4-FLOOR"


FLOOR = 200_000_000


def bounded(rto: RtoEstimator, value: int) -> int:
    return min(max(value, FLOOR), rto.ceiling)


def plant(patch: Patch) -> None:
    patch(RtoEstimator, "bounded", bounded)
