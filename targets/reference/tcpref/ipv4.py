"""IPv4 headers (RFC 791): what TCP needs of the layer below.

Addresses are four octets everywhere in the stack; text appears only in socket calls. Octets behind
the total length are padding. A TTL of any value will do at the end of the way (RFC 1122, 3.2.1.7).
What options and fragments lead to is decided in `ip_input`.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from tcpref.checksum import checksum, remainder

PROTOCOL_ICMP = 1
PROTOCOL_TCP = 6
HEADER_OCTETS = 20
WILDCARD = b"\0\0\0\0"
TTL = 64
DONT_FRAGMENT = 0x4000
MORE_FRAGMENTS = 0x2000
OFFSET_MASK = 0x1FFF

_HEADER = Struct("!BBHHHBBH4s4s")
#: What never changes in our headers, as a sum of 16-bit words.
_CONSTANT_WORDS = 0x4500 + DONT_FRAGMENT + (TTL << 8)


class Packet(NamedTuple):
    """A datagram of either version that passed the checks of its header.

    `protocol` is the Next Header field in IPv6, where an extension header may come first. Of IPv4
    alone: the identification, the field of flags and offset with only MF and the offset left (0
    in a whole datagram), and the options of the header. `ecn` is the codepoint of RFC 3168, 5.
    """

    protocol: int
    src: bytes
    dst: bytes
    payload: bytes
    ident: int = 0
    fragment: int = 0
    options: bytes = b""
    ecn: int = 0


def parse_ipv4(octets: bytes) -> Packet | None:
    """The datagram in `octets`, or None for what must be dropped in silence (RFC 1122, 3.2.1)."""
    if len(octets) < HEADER_OCTETS or octets[0] >> 4 != 4:
        return None
    (first, tos, total, ident, fragment, _ttl, protocol, _sum, src, dst) = _HEADER.unpack_from(
        octets
    )
    header = (first & 0x0F) * 4
    if header < HEADER_OCTETS or not header <= total <= len(octets):
        return None
    if not header_checksum_holds(octets[:header]):
        return None
    payload = octets[header:total]
    fragment &= MORE_FRAGMENTS | OFFSET_MASK
    if not fragment and header == HEADER_OCTETS:
        return Packet(protocol, src, dst, payload, 0, 0, b"", tos & 3)
    options = octets[HEADER_OCTETS:header]
    return Packet(protocol, src, dst, payload, ident, fragment, options, tos & 3)


def header_checksum_holds(header: bytes) -> bool:
    """Whether the header's checksum is right (RFC 1122, 3.2.1.2)."""
    return int.from_bytes(header, "big") % 65535 == 0


def without_fragmentation(header: bytes, payload: bytes) -> bytes:
    """The datagram that was cut in pieces: the first one's header before the whole payload.

    The payload must leave room for the header below 65,536 octets.
    """
    fields = _HEADER.unpack_from(header)
    whole = (fields[0], fields[1], len(header) + len(payload), fields[3], 0, *fields[5:7])
    addresses, options = fields[8:], header[HEADER_OCTETS:]
    blank = _HEADER.pack(*whole, 0, *addresses) + options
    return _HEADER.pack(*whole, checksum(remainder(blank)), *addresses) + options + payload


def build_ipv4(src: bytes, dst: bytes, protocol: int, payload: bytes, tos: int = 0) -> bytes:
    """A datagram with DF set, so that path MTU discovery can work (RFC 1191, 3)."""
    total = HEADER_OCTETS + len(payload)
    words = _CONSTANT_WORDS + tos + total + protocol + int.from_bytes(src + dst, "big")
    header = _HEADER.pack(
        0x45, tos, total, 0, DONT_FRAGMENT, TTL, protocol, checksum(words), src, dst
    )
    return header + payload


def fragmentable(datagram: bytes, ident: int) -> bytes:
    """A datagram of ours without DF. Its pieces need a number to be known by (RFC 6864, 4)."""
    header = bytearray(datagram[: 4 * (datagram[0] & 0x0F)])
    header[4:8] = (ident << 16).to_bytes(4, "big")
    header[10:12] = bytes(2)
    header[10:12] = checksum(remainder(bytes(header))).to_bytes(2, "big")
    return bytes(header) + datagram[len(header) :]


def is_unicast(address: bytes) -> bool:
    """Whether a host may have this address: not net 0, loopback, multicast or above."""
    return 0 < address[0] < 224 and address[0] != 127


def directed_broadcast(local: bytes, prefix: int) -> bytes | None:
    """The broadcast address of the network that `local` lives in; None where there is none."""
    host_mask = (1 << max(0, 32 - prefix)) - 1
    if host_mask < 3:
        return None
    return (int.from_bytes(local, "big") | host_mask).to_bytes(4, "big")


def to_text(address: bytes) -> str:
    """Dotted decimal."""
    return ".".join(map(str, address))


def from_text(text: str) -> bytes | None:
    """Four octets from dotted decimal; None when it is none."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    numbers = [int(part) for part in parts]
    return bytes(numbers) if max(numbers) < 256 else None
