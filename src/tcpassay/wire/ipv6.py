"""The IPv6 header and its extension headers (RFC 8200, 3 and 4), and their octets."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from tcpassay.wire.checksum import octets_of, pseudo_header, text6
from tcpassay.wire.errors import BuildError, ParseError

HEADER_SIZE = 40
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS = 0, 43, 44, 60

_HEADER = Struct("!IHBB16s16s")
_KNOWN = frozenset({HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS})


class Extension(NamedTuple):
    """A hop-by-hop, routing, fragment or destination options header.

    `kind` is its protocol number. `octets` are those behind next header and length, 6 + 8n of
    them; of a fragment header, all 7 behind next header.
    """

    kind: int
    octets: bytes

    @property
    def fragment_offset(self) -> int:
        """Of a fragment header: the fragment's place, in units of 8 octets."""
        return (self.octets[1] << 8 | self.octets[2]) >> 3

    @property
    def more_fragments(self) -> bool:
        """Of a fragment header: whether another fragment follows."""
        return bool(self.octets[2] & 1)


class IPv6(NamedTuple):
    """One header and the chain behind it.

    `next_header` is the protocol of the body, behind the last of `extensions`; the octet of that
    name in the fixed header follows from the chain. None in `payload_length` stands for the right
    value: build computes it, and parse leaves None where the octets hold it.
    """

    src: str
    dst: str
    hop_limit: int = 64
    traffic_class: int = 0
    flow_label: int = 0
    next_header: int = 6
    extensions: tuple[Extension, ...] = ()
    payload_length: int | None = None

    @property
    def version(self) -> int:
        """6."""
        return 6

    @property
    def destination(self) -> str:
        """Whom it is for, under the name that both IP versions share."""
        return self.dst

    @property
    def hops(self) -> int:
        """The hop limit, under the name that both IP versions share."""
        return self.hop_limit

    @property
    def is_fragment(self) -> bool:
        """Whether the datagram holds only part of what was sent."""
        return any(
            extension.kind == FRAGMENT and (extension.fragment_offset or extension.more_fragments)
            for extension in self.extensions
        )

    @property
    def upper_protocol(self) -> int:
        """The protocol number of the body."""
        return self.next_header

    def pseudo(self, protocol: int) -> int:
        """Words of the pseudo-header without the length."""
        return pseudo_header(self.src, self.dst, protocol)


def build_ipv6(ip: IPv6, body_size: int) -> bytes:
    """The headers' octets before a body of `body_size` octets. Costs about 1 us.

    Raises BuildError or struct.error for a value that does not fit.
    """
    chain, first = b"", ip.next_header
    for extension in reversed(ip.extensions):
        chain = _encode_extension(extension, first) + chain
        first = extension.kind
    length = ip.payload_length
    if length is None:
        length = len(chain) + body_size
    if not 0 <= ip.traffic_class <= 0xFF or not 0 <= ip.flow_label <= 0xFFFFF:
        raise BuildError("IPv6 header", "traffic class to 255, flow label to 0xfffff", f"{ip}")
    header = _HEADER.pack(
        0x60000000 | ip.traffic_class << 20 | ip.flow_label,
        length,
        first,
        ip.hop_limit,
        octets_of(ip.src),
        octets_of(ip.dst),
    )
    return header + chain


def _encode_extension(extension: Extension, next_header: int) -> bytes:
    kind, octets = extension
    if kind == FRAGMENT:
        if len(octets) != 7:
            raise BuildError("IPv6 fragment header", "7 octets", f"{len(octets)}")
        return bytes((next_header,)) + octets
    if len(octets) % 8 != 6 or kind not in _KNOWN:
        raise BuildError("IPv6 extension header", "kind 0, 43, 60, 6 + 8n octets", f"{extension}")
    return bytes((next_header, len(octets) // 8)) + octets


def parse_ipv6(octets: bytes, *, strict: bool = False) -> tuple[IPv6, int, int]:
    """The headers, where the body begins and where it ends.

    A payload length longer than what is there is kept, and the body is all there is; an extension
    header that does not fit is left to the body. Raises ParseError for less than 40 octets;
    strict, for either of these.
    """
    size = len(octets)
    if size < HEADER_SIZE:
        raise ParseError("IPv6 header", 0, "40 octets", f"{size}")
    first, payload_length, next_header, hop_limit, src, dst = _HEADER.unpack_from(octets)
    length: int | None = None
    end = HEADER_SIZE + payload_length
    if end > size:
        if strict:
            want = f"at most {size - HEADER_SIZE}"
            raise ParseError("IPv6 payload length", 4, want, f"{payload_length}")
        end, length = size, payload_length
    start = HEADER_SIZE
    extensions: tuple[Extension, ...] = ()
    if next_header in _KNOWN:
        start, next_header, extensions = _parse_chain(octets, next_header, end, strict=strict)
    ip = IPv6(
        text6(src),
        text6(dst),
        hop_limit,
        first >> 20 & 0xFF,
        first & 0xFFFFF,
        next_header,
        extensions,
        length,
    )
    return ip, start, end


def _parse_chain(
    octets: bytes, kind: int, end: int, *, strict: bool
) -> tuple[int, int, tuple[Extension, ...]]:
    """Where the chain ends, the protocol behind it, and the chain."""
    at = HEADER_SIZE
    extensions: list[Extension] = []
    while kind in _KNOWN:
        fits = at + 8 <= end
        size = 8 if kind == FRAGMENT or not fits else 8 + octets[at + 1] * 8
        if not fits or at + size > end:
            if strict:
                want = f"{size} octets"
                raise ParseError(f"IPv6 extension header {kind}", at, want, f"{end - at}")
            break
        skip = 1 if kind == FRAGMENT else 2
        extension = Extension(kind, octets[at + skip : at + size])
        extensions.append(extension)
        kind = octets[at]
        at += size
        if extension.kind == FRAGMENT and extension.fragment_offset:
            break
    return at, kind, tuple(extensions)
