"""IPv6 headers (RFC 8200): what TCP needs of the layer below.

Addresses are sixteen octets. A hop limit of any value will do at the end of the way (RFC 8200, 3).
Extension headers are read in `ipv6_headers`.
"""

from __future__ import annotations

from struct import Struct

from tcpref.ipv4 import Packet

PROTOCOL_ICMPV6 = 58
HEADER_OCTETS = 40
WILDCARD = bytes(16)
HOP_LIMIT = 64

_HEADER = Struct("!IHBB16s16s")
_VERSION = 6 << 28
#: Where the traffic class stands in the first word.
_TRAFFIC_CLASS = 20
#: Above that of any IPv4 header.
FIRST_OCTET = 0x60
MAPPED = bytes(10) + b"\xff\xff"
_LOOPBACK = bytes(15) + b"\1"


def parse_ipv6(octets: bytes) -> Packet | None:
    """The datagram in `octets`, or None for what is no IPv6 or cut short.

    Octets behind the payload length are padding.
    """
    if len(octets) < HEADER_OCTETS or octets[0] >> 4 != 6:
        return None
    first, length, following, _, src, dst = _HEADER.unpack_from(octets)
    end = HEADER_OCTETS + length
    if end > len(octets):
        return None
    ecn = first >> _TRAFFIC_CLASS & 3
    return Packet(following, src, dst, octets[HEADER_OCTETS:end], 0, 0, b"", ecn)


def build_ipv6(
    src: bytes, dst: bytes, protocol: int, payload: bytes, traffic_class: int = 0
) -> bytes:
    """A datagram without extension headers."""
    first = _VERSION | traffic_class << _TRAFFIC_CLASS
    return _HEADER.pack(first, len(payload), protocol, HOP_LIMIT, src, dst) + payload


def is_link_local(address: bytes) -> bool:
    """Whether an address is good on one link alone (RFC 4291, 2.5.6)."""
    return address[0] == 0xFE and address[1] & 0xC0 == 0x80


def is_unicast(address: bytes) -> bool:
    """Whether a host may have this address on a link.

    Not the unspecified or the loopback address, multicast, or an IPv4 address in disguise.
    """
    if address[0] == 0xFF or address in (WILDCARD, _LOOPBACK):
        return False
    return not address.startswith(MAPPED)
