"""On a path where the SYN took two seconds the first text goes out twice as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.rto import RtoEstimator

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6298:5.7-SYN-3S"


def restart(rto: RtoEstimator) -> None:
    rto.rto = rto.floor


def plant(patch: Patch) -> None:
    patch(RtoEstimator, "restart_after_lost_syn", restart)
