"""SEGMENT ARRIVES for a connection that does not exist (RFC 9293, 3.10.7.1)."""

from __future__ import annotations

from tcpref.disposition import DROP, RESET, Disposition
from tcpref.segment import RST, Segment


def segment_arrives(segment: Segment) -> Disposition:
    """All data is discarded; a reset is dropped, anything else is answered by one."""
    return DROP if segment.flags & RST else RESET
