"""ICMP (RFC 792, 1191, 1122) and ICMPv6 (RFC 4443) messages and their octets."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from tcpassay.wire.checksum import checksum_of, words
from tcpassay.wire.errors import ParseError

PROTOCOL_ICMP, PROTOCOL_ICMPV6 = 1, 58
HEADER_SIZE = 8

_HEADER = Struct("!BBHI")


class Icmp(NamedTuple):
    """One message, ICMP in IPv4 and ICMPv6 in IPv6.

    `rest` is the second 32-bit word: unused, MTU, pointer, or identifier and sequence number.
    `data` is what follows: of an error, the datagram that it quotes, octets as they are, perhaps
    cut short. None in `checksum` stands for the right value.
    """

    type: int
    code: int
    rest: int = 0
    data: bytes = b""
    checksum: int | None = None

    @property
    def mtu(self) -> int:
        """The MTU of "fragmentation needed" (RFC 1191, 4), octets."""
        return self.rest & 0xFFFF

    @property
    def mtu6(self) -> int:
        """The MTU of "packet too big" (RFC 4443, 3.2), octets."""
        return self.rest

    @property
    def identifier(self) -> int:
        """The identifier of an echo message."""
        return self.rest >> 16

    @property
    def sequence(self) -> int:
        """The sequence number of an echo message."""
        return self.rest & 0xFFFF


_NAMES4 = {
    0: "echo_reply",
    3: "unreachable",
    4: "source_quench",
    5: "redirect",
    8: "echo_request",
    11: "time_exceeded",
    12: "parameter_problem",
}
_NAMES6 = {
    1: "unreachable",
    2: "packet_too_big",
    3: "time_exceeded",
    4: "parameter_problem",
    128: "echo_request",
    129: "echo_reply",
}
_CODES4 = {
    3: (
        "net_unreachable",
        "host_unreachable",
        "protocol_unreachable",
        "port_unreachable",
        "frag_needed",
        "source_route_failed",
        "net_unknown",
        "host_unknown",
        "source_host_isolated",
        "net_prohibited",
        "host_prohibited",
        "net_unreachable_for_tos",
        "host_unreachable_for_tos",
        "admin_prohibited",
        "host_precedence_violation",
        "precedence_cutoff",
    ),
    11: ("ttl_exceeded_in_transit", "reassembly_time_exceeded"),
    12: ("pointer", "missing_option", "bad_length"),
}
_CODES6 = {
    1: (
        "no_route",
        "admin_prohibited",
        "beyond_scope",
        "address_unreachable",
        "port_unreachable",
        "source_policy_failed",
        "reject_route",
    ),
    3: ("hop_limit_exceeded", "reassembly_time_exceeded"),
    4: ("erroneous_header", "unknown_next_header", "unknown_option"),
}
_ERRORS4 = frozenset({3, 4, 5, 11, 12})


def type_name(version: int, kind: int) -> str:
    """The name of a message type ("unreachable"), or "type 9"."""
    names = _NAMES4 if version == 4 else _NAMES6
    return names.get(kind, f"type {kind}")


def code_name(version: int, kind: int, code: int) -> str:
    """The name of a code of a type ("port_unreachable"), "" for type without codes, "code 9"."""
    names = (_CODES4 if version == 4 else _CODES6).get(kind, ())
    if code < len(names):
        return names[code]
    return f"code {code}" if code else ""


def is_error(version: int, kind: int) -> bool:
    """Whether messages of this type quote a datagram (RFC 1122, 3.2.2; RFC 4443, 2.1)."""
    return kind in _ERRORS4 if version == 4 else kind < 128


def destination_unreachable(version: int, code: int, quoted: bytes, *, mtu: int = 0) -> Icmp:
    """Type 3 of ICMP or type 1 of ICMPv6; `mtu` with ICMP code 4 (RFC 1191)."""
    return Icmp(3 if version == 4 else 1, code, mtu, quoted)


def time_exceeded(version: int, code: int, quoted: bytes) -> Icmp:
    """Type 11 of ICMP or type 3 of ICMPv6."""
    return Icmp(11 if version == 4 else 3, code, 0, quoted)


def packet_too_big(version: int, mtu: int, quoted: bytes) -> Icmp:
    """Code 4 of "unreachable" in ICMP, type 2 of ICMPv6; `mtu` in octets."""
    return Icmp(3, 4, mtu, quoted) if version == 4 else Icmp(2, 0, mtu, quoted)


def parameter_problem(version: int, code: int, pointer: int, quoted: bytes) -> Icmp:
    """Type 12 of ICMP or type 4 of ICMPv6; `pointer` names the octet at fault."""
    return Icmp(12, code, pointer << 24, quoted) if version == 4 else Icmp(4, code, pointer, quoted)


def echo_request(version: int, identifier: int, sequence: int, data: bytes = b"") -> Icmp:
    """Type 8 of ICMP or type 128 of ICMPv6."""
    return Icmp(8 if version == 4 else 128, 0, identifier << 16 | sequence, data)


def echo_reply(version: int, identifier: int, sequence: int, data: bytes = b"") -> Icmp:
    """Type 0 of ICMP or type 129 of ICMPv6."""
    return Icmp(0 if version == 4 else 129, 0, identifier << 16 | sequence, data)


def build_icmp(icmp: Icmp, pseudo: int) -> bytes:
    """The message's octets; `pseudo` is the pseudo-header with its length, 0 for ICMP.

    Raises struct.error for a value that does not fit.
    """
    kind, code, rest, data, checksum = icmp
    if checksum is None:
        checksum = checksum_of(pseudo + (kind << 8 | code) + rest + words(data))
    return _HEADER.pack(kind, code, checksum, rest) + data


def parse_icmp(octets: bytes, pseudo: int, *, strict: bool = False, offset: int = 0) -> Icmp:
    """The message in `octets`; `pseudo` is the pseudo-header with its length, 0 for ICMP.

    Raises ParseError for less than 8 octets; strict, also for a wrong checksum.
    """
    if len(octets) < HEADER_SIZE:
        raise ParseError("ICMP header", offset, "8 octets", f"{len(octets)}")
    kind, code, checksum, rest = _HEADER.unpack_from(octets)
    number = pseudo + words(octets)
    right = checksum_of(number - checksum)
    if strict and number % 0xFFFF:
        raise ParseError("ICMP checksum", offset + 2, f"{right:#06x}", f"{checksum:#06x}")
    return Icmp(kind, code, rest, octets[8:], None if checksum == right else checksum)
