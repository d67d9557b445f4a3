"""Whether the checksum of a segment is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.wire import Segment, build, parse

if TYPE_CHECKING:
    from tcpassay.wire import Datagram


def holds(datagram: Datagram, segment: Segment) -> bool:
    """Whether it is the sum, or 0xFFFF where the sum is 0: the same number (RFC 1071, 2)."""
    if segment.checksum is None:
        return True
    if segment.checksum != 0xFFFF:
        return False
    body = parse(build(datagram._replace(body=segment._replace(checksum=0)))).body
    return isinstance(body, Segment) and body.checksum is None
