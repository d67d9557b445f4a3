"""IPv6 headers (RFC 8200): what TCP needs of the layer below.

Addresses are sixteen octets. Hop-by-hop options, destination options and a routing header with no
segments left are stepped over; an option whose type says so has the datagram dropped (4.2). A
fragment header that marks a whole datagram (an atomic fragment, RFC 6946) is stepped over as well;
a real fragment is dropped, as IPv4's are, and so is whatever another header leads to. Nothing is
answered with ICMPv6: a host under test keeps silent about what it does not take.
"""

from __future__ import annotations

from struct import Struct

from tcpref.ipv4 import PROTOCOL_TCP, Packet

HOP_BY_HOP = 0
ROUTING = 43
FRAGMENT = 44
PROTOCOL_ICMPV6 = 58
DESTINATION_OPTIONS = 60
HEADER_OCTETS = 40
WILDCARD = bytes(16)
HOP_LIMIT = 64

_HEADER = Struct("!IHBB16s16s")
_VERSION = 6 << 28
_MAPPED = bytes(10) + b"\xff\xff"
_LOOPBACK = bytes(15) + b"\1"
_PAD1 = 0


def parse_ipv6(octets: bytes) -> Packet | None:
    """The datagram in `octets`, or None for what must be dropped.

    The packet's protocol and payload are what stands behind the extension headers.
    """
    if len(octets) < HEADER_OCTETS or octets[0] >> 4 != 6:
        return None
    _, length, following, _, src, dst = _HEADER.unpack_from(octets)
    end = HEADER_OCTETS + length
    if end > len(octets):
        return None
    if following == PROTOCOL_TCP:
        return Packet(PROTOCOL_TCP, src, dst, octets[HEADER_OCTETS:end])
    upper = step_over(following, octets[HEADER_OCTETS:end])
    return None if upper is None else Packet(upper[0], src, dst, upper[1])


def step_over(following: int, octets: bytes) -> tuple[int, bytes] | None:
    """The upper protocol and its octets behind all extension headers; None to drop (4.1).

    Hop-by-hop options stand first or not at all.
    """
    if following == HOP_BY_HOP:
        following = DESTINATION_OPTIONS
    while following in (DESTINATION_OPTIONS, ROUTING, FRAGMENT):
        if len(octets) < 8:
            return None
        size = 8 if following == FRAGMENT else 8 * (octets[1] + 1)
        if size > len(octets) or not may_be_passed(following, octets[:size]):
            return None
        following, octets = octets[0], octets[size:]
    return None if following == HOP_BY_HOP else (following, octets)


def may_be_passed(kind: int, header: bytes) -> bool:
    """Whether this extension header lets the datagram go on."""
    if kind == ROUTING:
        return header[3] == 0
    if kind == FRAGMENT:
        return not is_fragment(int.from_bytes(header[2:4], "big"))
    return options_permit(header[2:])


def is_fragment(field: int) -> bool:
    """Whether offset and M flag mark a part of a datagram rather than a whole one (4.5)."""
    return field & 0xFFF9 != 0


def options_permit(options: bytes) -> bool:
    """Whether every option is padding or may be skipped: its two highest bits are zero (4.2)."""
    position = 0
    while position < len(options):
        kind = options[position]
        if kind == _PAD1:
            position += 1
            continue
        if kind >> 6 or position + 1 >= len(options):
            return False
        position += 2 + options[position + 1]
    return position == len(options)


def build_ipv6(src: bytes, dst: bytes, protocol: int, payload: bytes) -> bytes:
    """A datagram without extension headers."""
    return _HEADER.pack(_VERSION, len(payload), protocol, HOP_LIMIT, src, dst) + payload


def is_unicast(address: bytes) -> bool:
    """Whether a host may have this address on a link.

    Not the unspecified or the loopback address, multicast, or an IPv4 address in disguise.
    """
    if address[0] == 0xFF or address in (WILDCARD, _LOOPBACK):
        return False
    return not address.startswith(_MAPPED)
