"""A host that tells its user time-out gets no answer from one that does not know the option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import segment
from tcpref.segment import parse_segment

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC5482:3-IGNORE"
#: Kind and length of the option are looked for as octets; the MSS of cases has none like it.
KIND = 28


def without_advice(src: bytes, dst: bytes, octets: bytes) -> Segment | None:
    header = octets[20 : (octets[12] >> 4) * 4]
    return None if KIND in header else parse_segment(src, dst, octets)


def plant(patch: Patch) -> None:
    patch(segment, "parse_segment", without_advice)
