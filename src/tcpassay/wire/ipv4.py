"""The IPv4 header (RFC 791, 3.1) and its octets."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from tcpassay.wire.checksum import checksum_of, number_of, pseudo_header, text4, words
from tcpassay.wire.errors import BuildError, ParseError

HEADER_SIZE = 20
MF, DF, RESERVED = 1, 2, 4

#: Kinds of options, and the lengths of the shortest one and of a route with one address.
_END_OF_LIST, _NO_OPERATION, _SOURCE_ROUTES = 0, 1, frozenset({131, 137})
_SHORTEST, _ONE_ADDRESS = 2, 7

_HEADER = Struct("!BBHHHBBHII")


class IPv4(NamedTuple):
    """One header. `fragment_offset` in units of 8 octets, `options` octets, `ttl` hops.

    None in `total_length`, `checksum` or `ihl` (32-bit words) stands for the right value: build
    computes it, and parse leaves None where the octets hold it.
    """

    src: str
    dst: str
    ttl: int = 64
    tos: int = 0
    identification: int = 0
    flags: int = DF
    fragment_offset: int = 0
    protocol: int = 6
    options: bytes = b""
    total_length: int | None = None
    checksum: int | None = None
    ihl: int | None = None

    @property
    def version(self) -> int:
        """4."""
        return 4

    @property
    def hops(self) -> int:
        """The TTL, under the name that both IP versions share."""
        return self.ttl

    @property
    def is_fragment(self) -> bool:
        """Whether the datagram holds only part of what was sent."""
        return bool(self.fragment_offset or self.flags & MF)

    @property
    def upper_protocol(self) -> int:
        """The protocol number of the body."""
        return self.protocol

    @property
    def destination(self) -> str:
        """Whom it is for: `dst`, or the last host of a source route that it is still on."""
        return self.dst if not self.options else _end_of_route(self.options) or self.dst

    def pseudo(self, protocol: int) -> int:
        """Words of the pseudo-header without the length."""
        return pseudo_header(self.src, self.destination, protocol)


def _end_of_route(options: bytes) -> str | None:
    """The last address of a source route (RFC 791, 3.1) whose end is still to come."""
    at, end = 0, len(options)
    while at + 2 < end and options[at] != _END_OF_LIST:
        kind, length, pointer = options[at : at + 3]
        if kind == _NO_OPERATION:
            length = 1
        elif length < _SHORTEST or at + length > end:
            return None
        elif kind in _SOURCE_ROUTES and length >= _ONE_ADDRESS:
            last = int.from_bytes(options[at + length - 4 : at + length], "big")
            return text4(last) if pointer <= length else None
        at += length
    return None


def build_ipv4(ip: IPv4, body_size: int) -> bytes:
    """The header's octets before a body of `body_size` octets. Costs about 1 us.

    Raises BuildError or struct.error for a value that does not fit.
    """
    (
        source,
        destination,
        ttl,
        tos,
        identification,
        flags,
        fragment_offset,
        protocol,
        options,
        total_length,
        checksum,
        ihl,
    ) = ip
    src = number_of(source)
    dst = number_of(destination)
    if options and len(options) & 3:
        options += bytes(-len(options) & 3)
    size = HEADER_SIZE + len(options)
    if ihl is None:
        ihl = size >> 2
    if total_length is None:
        total_length = size + body_size
    fragment = flags << 13 | fragment_offset
    first = 0x40 | ihl
    if checksum is None:
        number = (
            (first << 8)
            + tos
            + total_length
            + identification
            + fragment
            + (ttl << 8)
            + protocol
            + src
            + dst
        )
        checksum = checksum_of(number + words(options) if options else number)
    if ihl > 15 or fragment_offset > 0x1FFF:
        raise BuildError("IPv4 header", "ihl to 15, fragment offset to 8191", f"{ip}")
    header = _HEADER.pack(
        first, tos, total_length, identification, fragment, ttl, protocol, checksum, src, dst
    )
    return header + options if options else header


def parse_ipv4(octets: bytes, *, strict: bool = False) -> tuple[IPv4, int, int]:
    """The header, where its body begins and where the body ends.

    An IHL below 5 or behind the end leaves no options; a total length that is shorter than the
    header or longer than what is there is kept, and the body is all there is. Raises ParseError
    for less than 20 octets; strict, for any of these, a wrong checksum or the reserved flag.
    """
    size = len(octets)
    if size < HEADER_SIZE:
        raise ParseError("IPv4 header", 0, "20 octets", f"{size}")
    first, tos, total, identification, fragment, ttl, protocol, checksum, src, dst = (
        _HEADER.unpack_from(octets)
    )
    ihl: int | None = first & 0xF
    start = (first & 0xF) * 4
    if HEADER_SIZE <= start <= size:
        ihl = None
    elif strict:
        raise ParseError("IPv4 header length", 0, f"5 to {size // 4} words", f"{start // 4}")
    else:
        start = HEADER_SIZE
    number = words(octets[:start])
    if strict:
        _check(octets, start, total, fragment, number)
    given: int | None = None if checksum == checksum_of(number - checksum) else checksum
    end, length = (total, None) if start <= total <= size else (size, total)
    ip = IPv4(
        text4(src),
        text4(dst),
        ttl,
        tos,
        identification,
        fragment >> 13,
        fragment & 0x1FFF,
        protocol,
        octets[HEADER_SIZE:start],
        length,
        given,
        ihl,
    )
    return ip, start, end


def _check(octets: bytes, start: int, total: int, fragment: int, number: int) -> None:
    if number % 0xFFFF:
        checksum = octets[10] << 8 | octets[11]
        right = checksum_of(number - checksum)
        raise ParseError("IPv4 checksum", 10, f"{right:#06x}", f"{checksum:#06x}")
    if not start <= total <= len(octets):
        raise ParseError("IPv4 total length", 2, f"{start} to {len(octets)}", f"{total}")
    if fragment & 0x8000:
        raise ParseError("IPv4 reserved flag", 6, "0", "1")
