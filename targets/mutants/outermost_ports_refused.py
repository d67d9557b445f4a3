"""A client that was given the first port, or the last, cannot connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import segment
from tcpref.segment import parse_segment

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:3.10.7.2-SYN"


LARGEST = 65_535


def inside(src: bytes, dst: bytes, octets: bytes) -> Segment | None:
    parsed = parse_segment(src, dst, octets)
    return parsed if parsed is not None and 1 < parsed.src_port < LARGEST else None


def plant(patch: Patch) -> None:
    patch(segment, "parse_segment", inside)
