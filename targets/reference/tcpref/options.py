"""TCP options (RFC 9293, 3.1 and 3.2).

Kind 0 ends the list, kind 1 pads by one octet; every other kind carries its length (MUST-68). An
unknown kind is skipped by that length (MUST-6). An impossible length ends the list: what stood
before it counts, the rest is not read (MUST-7).
"""

from __future__ import annotations

from typing import NamedTuple

END_OF_LIST = 0
NO_OPERATION = 1
MAXIMUM_SEGMENT_SIZE = 2


class Options(NamedTuple):
    """The options of a segment that the stack understands; None where one is absent."""

    mss: int | None = None


NO_OPTIONS = Options()


def parse_options(octets: bytes) -> Options:
    """Read the option area of a header; never raises, whatever the octets."""
    mss: int | None = None
    position, end = 0, len(octets)
    while position < end:
        kind = octets[position]
        if kind == END_OF_LIST:
            break
        if kind == NO_OPERATION:
            position += 1
            continue
        length = octets[position + 1] if position + 1 < end else 0
        if length < 2 or position + length > end:
            break
        if kind == MAXIMUM_SEGMENT_SIZE and length == 4:
            mss = int.from_bytes(octets[position + 2 : position + 4], "big")
        position += length
    return Options(mss)


def build_mss(mss: int) -> bytes:
    """The Maximum Segment Size option; it stands in SYN segments only (MUST-65)."""
    return bytes((MAXIMUM_SEGMENT_SIZE, 4, mss >> 8, mss & 0xFF))
