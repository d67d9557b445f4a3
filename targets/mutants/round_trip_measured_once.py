"""A path that becomes slow gets everything twice: only the handshake was ever timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.rto import RtoEstimator

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6298:3-ONE-PER-RTT"


def plant(patch: Patch) -> None:
    start = RtoEstimator.start_timing

    def once(rto: RtoEstimator, acked_by: int, now: int) -> None:
        if rto.srtt is None:
            start(rto, acked_by, now)

    patch(RtoEstimator, "start_timing", once)
