"""After a loss the time-out rests on a made-up round trip, and the network is flooded or idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.rto import RtoEstimator

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6298:3-KARN"


def stop_timing(_rto: RtoEstimator) -> None:
    return


def plant(patch: Patch) -> None:
    patch(RtoEstimator, "stop_timing", stop_timing)
