"""Options on a data segment end up in the stream, in front of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import segment
from tcpref.options import TIMESTAMP_OCTETS
from tcpref.segment import HEADER_OCTETS, SYN, parse_segment

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:MUST-5"


def fixed_header(src: bytes, dst: bytes, octets: bytes) -> Segment | None:
    parsed = parse_segment(src, dst, octets)
    if parsed is None or parsed.flags & SYN:
        return parsed
    stamped = len(octets) - len(parsed.payload) == HEADER_OCTETS + TIMESTAMP_OCTETS
    return parsed if stamped else parsed._replace(payload=octets[HEADER_OCTETS:])


def plant(patch: Patch) -> None:
    patch(segment, "parse_segment", fixed_header)
