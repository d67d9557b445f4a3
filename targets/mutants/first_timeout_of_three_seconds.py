"""A lost SYN costs three seconds, as in the days of slow lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.rto import RtoEstimator

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6298:2.1-INITIAL"


make = RtoEstimator.__init__


def slow(rto: RtoEstimator, initial: int, floor: int, ceiling: int) -> None:
    make(rto, 3 * initial, floor, ceiling)


def plant(patch: Patch) -> None:
    patch(RtoEstimator, "__init__", slow)
