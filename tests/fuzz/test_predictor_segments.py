"""Segments read quickly are the same as those that `wire` reads."""

from __future__ import annotations

import pytest

from tcpassay.fuzz.predictor.segments import fields, whole
from tcpassay.wire import (
    ACK,
    PSH,
    SYN,
    URG,
    Datagram,
    MaximumSegmentSize,
    NoOperation,
    Segment,
    Timestamps,
    build,
    parse,
)

STAMPED = (NoOperation(), NoOperation(), Timestamps(7, 9))
SEGMENTS = (
    Segment(4660, 80, 1 << 31, 0xFFFFFFFF, ACK, 0),
    Segment(1, 65_535, 5, 6, ACK | PSH, 65_535, payload=b"abc"),
    Segment(9, 8, 5, 6, ACK | URG | 0x1C0, 1, urgent=0x1234, payload=bytes(1_000)),
    Segment(9, 8, 5, 6, ACK, 1, reserved=5, payload=b"x"),
    Segment(9, 8, 5, 0, SYN, 1, options=(MaximumSegmentSize(1_460),)),
    Segment(9, 8, 5, 6, ACK, 1, options=STAMPED, payload=b"text"),
)


@pytest.mark.parametrize("ends", [("192.0.2.2", "192.0.2.1"), ("2001:db8::2", "2001:db8::1")])
@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_whole_segment_is_the_one_that_wire_reads(
    ends: tuple[str, str], segment: Segment
) -> None:
    octets = build(Datagram.between(*ends, segment))
    found = fields(octets, strict=True)
    assert found is not None
    assert whole(octets, found) == parse(octets).body == segment


def test_padding_behind_the_datagram_is_no_text() -> None:
    segment = SEGMENTS[1]
    octets = build(Datagram.between("192.0.2.2", "192.0.2.1", segment))
    found = fields(octets, strict=True)
    assert found is not None
    body = parse(octets + b"padding").body
    assert isinstance(body, Segment)
    read = whole(octets + b"padding", found)
    assert read is not None
    assert read.payload == body.payload
