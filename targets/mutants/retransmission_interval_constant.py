"""A congested network is kept congested: what is lost is sent again at an unchanging pace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.rto import RtoEstimator

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6298:5.5-BACKOFF"


def back_off(_rto: RtoEstimator) -> None:
    return


def plant(patch: Patch) -> None:
    patch(RtoEstimator, "back_off", back_off)
