"""Whoever uses a bit of the header that is new is not answered at all, as ECN was not for years."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import segment
from tcpref.segment import parse_segment

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:3.1-RSRVD-RX"


RESERVED = 0x0E


def strict(src: bytes, dst: bytes, octets: bytes) -> Segment | None:
    return None if octets[12:13] and octets[12] & RESERVED else parse_segment(src, dst, octets)


def plant(patch: Patch) -> None:
    patch(segment, "parse_segment", strict)
