"""ICMP errors of our own about datagrams that cannot be taken (RFC 1122, 3.2.2; RFC 4443, 2.4).

Nothing is said about an ICMP error, about a later piece of an IPv4 datagram, or to an address that
is not a single host's (`ip_input` has seen to that), and not more often than the setting
`icmp_errors_per_s` allows; 0 keeps silent altogether.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv4, ipv6
from tcpref.checksum import checksum, remainder
from tcpref.ipv6_headers import Problem, behind_all
from tcpref.segment import pseudo_header

if TYPE_CHECKING:
    from tcpref.ipv4 import Packet
    from tcpref.stack import Stack

SECOND = 1_000_000_000
#: How much is quoted, so that the message stays within 576 octets (RFC 1812, 4.3.2.3) and within
#: the least MTU of IPv6 (RFC 4443, 2.4).
QUOTED = 576 - ipv4.HEADER_OCTETS - 8
QUOTED_IPV6 = 1280 - ipv6.HEADER_OCTETS - 8

DESTINATION_UNREACHABLE, PROTOCOL_UNREACHABLE = 3, 2
TIME_EXCEEDED, REASSEMBLY = 11, 1
PARAMETER_PROBLEM = 12
TIME_EXCEEDED_IPV6 = 3
PARAMETER_PROBLEM_IPV6 = 4

_ERRORS = frozenset({3, 4, 5, 11, 12})
_LOWEST_QUERY_IPV6 = b"\x80"


class ErrorBudget:
    """How many errors have been sent in the current second (RFC 4443, 2.4, f)."""

    __slots__ = ("count", "second")

    def __init__(self) -> None:
        self.second = -1
        self.count = 0

    def spend(self, now: int, limit: int) -> bool:
        """Whether one more may be sent at `now` (nanoseconds)."""
        second = now // SECOND
        if second != self.second:
            self.second, self.count = second, 0
        self.count += 1
        return self.count <= limit


def parameter_problem(stack: Stack, packet: Packet, octets: bytes, pointer: int) -> None:
    """The header is wrong at `pointer` (RFC 1122, 3.2.2.5)."""
    send(stack, packet, PARAMETER_PROBLEM, 0, pointer << 24, octets)


def protocol_unreachable(stack: Stack, packet: Packet, octets: bytes) -> None:
    """Nobody here speaks that protocol (RFC 1122, 3.2.2.1)."""
    send(stack, packet, DESTINATION_UNREACHABLE, PROTOCOL_UNREACHABLE, 0, octets)


def parameter_problem_ipv6(stack: Stack, packet: Packet, octets: bytes, problem: Problem) -> None:
    """A header or option cannot be passed (RFC 4443, 3.4)."""
    send(stack, packet, PARAMETER_PROBLEM_IPV6, problem.code, problem.pointer, octets)


def reassembly_time_exceeded(stack: Stack, packet: Packet, first: bytes) -> None:
    """The rest of a datagram has not come in time (RFC 1122, 3.3.2; RFC 8200, 4.5)."""
    kind = TIME_EXCEEDED if len(packet.src) == 4 else TIME_EXCEEDED_IPV6
    send(stack, packet, kind, REASSEMBLY, 0, first)


def send(stack: Stack, packet: Packet, kind: int, code: int, word: int, about: bytes) -> None:
    """Tell the sender of `packet`; `word` is what the second 32 bits of the message hold."""
    if not is_icmp_error(packet) and not is_later_piece(packet) and may_send(stack):
        emit(stack, packet.src, packet.dst, kind, code, word, about)


def is_icmp_error(packet: Packet) -> bool:
    """Whether the packet is itself an error, or too short to tell."""
    if packet.protocol == ipv4.PROTOCOL_ICMP and len(packet.src) == 4:
        return not packet.payload or packet.payload[0] in _ERRORS
    if len(packet.src) == 16:
        kind, message = behind_all(packet.protocol, packet.payload)
        return kind == ipv6.PROTOCOL_ICMPV6 and message[:1] < _LOWEST_QUERY_IPV6
    return False


def is_later_piece(packet: Packet) -> bool:
    """Whether the packet is a piece of an IPv4 datagram and not its first."""
    return bool(packet.fragment & ipv4.OFFSET_MASK)


def may_send(stack: Stack) -> bool:
    """Whether the limit leaves room for one more."""
    return stack.icmp_budget.spend(stack.now, stack.settings.icmp_errors_per_s)


def emit(
    stack: Stack, remote: bytes, local: bytes, kind: int, code: int, word: int, about: bytes
) -> None:
    """Send one message from `local` to `remote`."""
    head, rest = bytes((kind, code)), word.to_bytes(4, "big")
    if len(local) == 4:
        rest += about[:QUOTED]
        total = remainder(head + bytes(2) + rest)
        message = head + checksum(total).to_bytes(2, "big") + rest
        stack.emit(ipv4.build_ipv4(local, remote, ipv4.PROTOCOL_ICMP, message))
        return
    rest += about[:QUOTED_IPV6]
    protocol = ipv6.PROTOCOL_ICMPV6
    total = remainder(head + bytes(2) + rest)
    total += pseudo_header(local, remote, len(rest) + 4, protocol)
    message = head + checksum(total).to_bytes(2, "big") + rest
    stack.emit(ipv6.build_ipv6(local, remote, protocol, message))
