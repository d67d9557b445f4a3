"""ICMPv6 errors about our segments (RFC 4443; RFC 5461, 2; RFC 9293, 3.9.2.2).

Unlike ICMP, the checksum covers a pseudo-header, and as much is quoted as fits: an IPv6 header
without extension headers, as we sent it, and at least ports and sequence number behind it.
"""

from __future__ import annotations

from struct import Struct

from tcpref.checksum import remainder
from tcpref.icmp import IcmpError, TooBig
from tcpref.ipv4 import PROTOCOL_TCP, Packet
from tcpref.ipv6 import HEADER_OCTETS, PROTOCOL_ICMPV6
from tcpref.segment import pseudo_header

DESTINATION_UNREACHABLE = 1
PACKET_TOO_BIG = 2
TIME_EXCEEDED = 3
PARAMETER_PROBLEM = 4
KINDS = frozenset({DESTINATION_UNREACHABLE, PACKET_TOO_BIG, TIME_EXCEEDED, PARAMETER_PROBLEM})

NO_ROUTE = 0
PROHIBITED = 1
PORT_UNREACHABLE = 4
REJECT_ROUTE = 6

_SHORTEST = 8 + HEADER_OCTETS + 8
_HARD = {PROHIBITED: "EACCES", PORT_UNREACHABLE: "ECONNREFUSED"}
_NO_WAY = frozenset({NO_ROUTE, REJECT_ROUTE})
_QUOTED_PORTS = Struct("!HHI")


def parse_error(packet: Packet) -> IcmpError | None:
    """The error in an ICMPv6 message; None when damaged, too short or about something else."""
    octets = packet.payload
    if len(octets) < _SHORTEST or not checksum_holds(packet):
        return None
    kind, code = octets[0], octets[1]
    if kind not in KINDS:
        return None
    quoted = octets[8:]
    if quoted[0] >> 4 != 6 or quoted[6] != PROTOCOL_TCP:
        return None
    src_port, dst_port, number = _QUOTED_PORTS.unpack_from(quoted, HEADER_OCTETS)
    key = (quoted[8:24], src_port, quoted[24:40], dst_port)
    if kind == PACKET_TOO_BIG:
        told = int.from_bytes(octets[4:8], "big"), int.from_bytes(quoted[4:6], "big")
        too_big = TooBig(told[0], HEADER_OCTETS + told[1], HEADER_OCTETS)
        return IcmpError(key, number, None, None, too_big)
    return IcmpError(key, number, hard_errno(kind, code), soft_errno(kind, code))


def checksum_holds(packet: Packet) -> bool:
    """Whether the message's checksum is right (RFC 4443, 2.3)."""
    octets = packet.payload
    pseudo = pseudo_header(packet.src, packet.dst, len(octets), PROTOCOL_ICMPV6)
    return (remainder(octets) + pseudo) % 65535 == 0


def hard_errno(kind: int, code: int) -> str | None:
    """Administratively prohibited and port unreachable end an open (RFC 5461, 2.2)."""
    return _HARD.get(code) if kind == DESTINATION_UNREACHABLE else None


def soft_errno(kind: int, code: int) -> str:
    """What the application is told if the connection times out later (MUST-56, SHLD-25)."""
    if kind == PARAMETER_PROBLEM:
        return "EPROTO"
    if kind == DESTINATION_UNREACHABLE:
        return _HARD.get(code, "ENETUNREACH" if code in _NO_WAY else "EHOSTUNREACH")
    return "EHOSTUNREACH"
