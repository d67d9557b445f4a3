"""Peers stop to read options at the MSS, and none of the others comes to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import options

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-68"


def build_mss(mss: int) -> bytes:
    return bytes((options.MAXIMUM_SEGMENT_SIZE, 2, mss >> 8, mss & 0xFF))


def plant(patch: Patch) -> None:
    patch(options, "build_mss", build_mss)
