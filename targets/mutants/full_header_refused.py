"""A peer that fills its header with options is never answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import segment
from tcpref.segment import parse_segment

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:MUST-6"


LONGEST = 60


def off_by_one(src: bytes, dst: bytes, octets: bytes) -> Segment | None:
    header = (octets[12] >> 4) * 4 if len(octets) > 12 else 0
    return parse_segment(src, dst, octets) if header < LONGEST else None


def plant(patch: Patch) -> None:
    patch(segment, "parse_segment", off_by_one)
