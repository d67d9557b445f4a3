"""A TCP segment, from octets and to octets (RFC 9293, 3.1)."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from tcpref.checksum import checksum, remainder
from tcpref.ipv4 import PROTOCOL_TCP, build_ipv4
from tcpref.ipv6 import build_ipv6
from tcpref.options import NO_OPTIONS, Options, parse_options

if TYPE_CHECKING:
    from tcpref.source_route import Route

FIN = 0x01
SYN = 0x02
RST = 0x04
PSH = 0x08
ACK = 0x10
URG = 0x20
ECE = 0x40
CWR = 0x80

HEADER_OCTETS = 20

_HEADER = Struct("!HHIIBBHHH")


class Segment(NamedTuple):
    """One segment that arrived. `wnd` is the window field as it stands in the header, `ecn` the
    codepoint of its IP header (RFC 3168, 5), told only where it is CE; `route` leads back along
    the source route that it has come by.
    """

    src: bytes
    dst: bytes
    src_port: int
    dst_port: int
    seq: int
    ack: int
    flags: int
    wnd: int
    options: Options
    payload: bytes
    urgent: int = 0
    ecn: int = 0
    route: Route | None = None

    @property
    def length(self) -> int:
        """SEG.LEN: octets of sequence space, SYN and FIN counted (RFC 9293, 3.4)."""
        return len(self.payload) + (self.flags & FIN) + (self.flags >> 1 & 1)


def pseudo_header(src: bytes, dst: bytes, length: int, protocol: int = PROTOCOL_TCP) -> int:
    """The pseudo-header's share of the checksum; a plain sum will do for both IP versions."""
    return int.from_bytes(src + dst, "big") + protocol + length


def checksum_holds(src: bytes, dst: bytes, octets: bytes) -> bool:
    """Whether the segment's checksum is right (MUST-3)."""
    return (remainder(octets) + pseudo_header(src, dst, len(octets))) % 65535 == 0


def parse_segment(src: bytes, dst: bytes, octets: bytes) -> Segment | None:
    """The segment in `octets`, or None when it is too short, ill-formed or damaged.

    Reserved bits are not looked at.
    """
    size = len(octets)
    if size < HEADER_OCTETS:
        return None
    src_port, dst_port, seq, ack, offset, flags, wnd, _sum, urgent = _HEADER.unpack_from(octets)
    header = (offset >> 4) * 4
    if not HEADER_OCTETS <= header <= size or not checksum_holds(src, dst, octets):
        return None
    options = NO_OPTIONS if header == HEADER_OCTETS else parse_options(octets[20:header])
    payload = octets[header:]
    return Segment(src, dst, src_port, dst_port, seq, ack, flags, wnd, options, payload, urgent)


def build_segment(
    src: bytes,
    dst: bytes,
    src_port: int,
    dst_port: int,
    *,
    seq: int,
    ack: int,
    flags: int,
    wnd: int,
    options: bytes = b"",
    payload: bytes = b"",
    urgent: int = 0,
    ecn: int = 0,
) -> bytes:
    """An IP datagram that holds one segment, checksums filled in (MUST-2).

    `options` must already be a multiple of four octets; `ecn` is the codepoint of the IP header.
    """
    rest = options + payload if options else payload
    offset = (HEADER_OCTETS + len(options)) << 2
    # The header's share of the checksum is the sum of its fields.
    total = src_port + dst_port + seq + ack + (offset << 8) + flags + wnd + urgent
    total += pseudo_header(src, dst, HEADER_OCTETS + len(rest))
    field = checksum(total + remainder(rest))
    header = _HEADER.pack(src_port, dst_port, seq, ack, offset, flags, wnd, field, urgent)
    build = build_ipv4 if len(src) == 4 else build_ipv6
    return build(src, dst, PROTOCOL_TCP, header + rest, ecn)
