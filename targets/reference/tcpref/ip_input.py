"""What an IP datagram has to go through before it is TCP's (RFC 1122, 3.2 and 3.3; RFC 8200, 4).

A datagram that is whole and without options or extension headers, which is nearly every one,
passes after a look at its destination. What is left out, and why, is told to the sender by ICMP
where the RFCs want that (`icmp_send`); all else is dropped in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp_send, ipv4, ipv4_options, ipv6, ipv6_headers, source_route
from tcpref.ecn import CE
from tcpref.fragments import FragmentKey, Partial, Piece
from tcpref.ipv4 import Packet
from tcpref.ipv6_headers import (
    FRAGMENT,
    FRAGMENT_OCTETS,
    LONGEST,
    NEXT_HEADER_AT,
    UNKNOWN_HEADER,
    Passed,
    Problem,
)

if TYPE_CHECKING:
    from tcpref.stack import Stack

SECOND = 1_000_000_000
#: In the key of an IPv6 datagram's pieces, of which only the first names the protocol.
ANY_PROTOCOL = -1
#: Upper protocols that somebody here looks at, by the octets of an address.
TAKEN = {
    4: frozenset({ipv4.PROTOCOL_TCP, ipv4.PROTOCOL_ICMP}),
    16: frozenset({ipv4.PROTOCOL_TCP, ipv6.PROTOCOL_ICMPV6}),
}


def receive(stack: Stack, octets: bytes) -> Packet | None:
    """The packet for TCP or ICMP in a datagram, or in the last of its pieces; None for neither.

    The sender of a whole segment is looked at where it finds no connection (`Stack`).
    """
    packet = parse(octets)
    if packet is None or packet.dst not in stack.addresses:
        return None
    if packet.protocol == ipv4.PROTOCOL_TCP and not packet.fragment and not packet.options:
        return packet
    if not stack.is_peer_address(packet.src):
        return None
    version4 = len(packet.src) == 4
    return receive_ipv4(stack, packet, octets) if version4 else receive_ipv6(stack, packet, octets)


def parse(octets: bytes) -> Packet | None:
    """The header of a datagram of either version; None for what is damaged."""
    return ipv6.parse_ipv6(octets) if octets[:1] >= b"\x60" else ipv4.parse_ipv4(octets)


def receive_ipv4(stack: Stack, packet: Packet, octets: bytes) -> Packet | None:
    """An IPv4 datagram with options, or a piece of one, or not of TCP."""
    kinds, fault = ipv4_options.read_kinds(packet.options)
    if fault is not None:
        icmp_send.parameter_problem(stack, packet, octets, ipv4.HEADER_OCTETS + fault)
        return None
    if ipv4_options.has_source_route(kinds) and not (
        stack.settings.source_routes and source_route.ended(packet.options)
    ):
        return None
    if packet.fragment:
        return take_ipv4_piece(stack, packet, octets)
    if packet.protocol in TAKEN[4]:
        return packet
    icmp_send.protocol_unreachable(stack, packet, octets)
    return None


def take_ipv4_piece(stack: Stack, packet: Packet, octets: bytes) -> Packet | None:
    """RFC 1122, 3.3.2: put the datagram together; what it becomes is looked at as if it had come.

    A piece with others behind it carries a multiple of eight octets (RFC 791, 3.1).
    """
    start = 8 * (packet.fragment & ipv4.OFFSET_MASK)
    last = not packet.fragment & ipv4.MORE_FRAGMENTS
    header = ipv4.HEADER_OCTETS + len(packet.options)
    size = len(packet.payload)
    if not size or header + start + size > LONGEST or (not last and size % 8):
        return None
    key = (packet.src, packet.dst, packet.ident, packet.protocol)
    piece = Piece(start, packet.payload, last, b"" if start else octets)
    joined = join(stack, key, piece, packet.ecn)
    if joined is None:
        return None
    first, payload = joined
    header = 4 * (first[0] & 0x0F)
    if header + len(payload) > LONGEST:
        return None
    return receive(stack, ipv4.without_fragmentation(first[:header], payload))


def receive_ipv6(stack: Stack, packet: Packet, octets: bytes) -> Packet | None:
    """An IPv6 datagram with extension headers, or not of TCP."""
    octets = octets[: ipv6.HEADER_OCTETS + len(packet.payload)]
    passed = ipv6_headers.pass_over(octets, ipv6.HEADER_OCTETS, NEXT_HEADER_AT)
    if isinstance(passed, Passed):
        if passed.kind in TAKEN[16]:
            return packet._replace(protocol=passed.kind, payload=octets[passed.position :])
        if passed.kind == FRAGMENT:
            return take_ipv6_piece(stack, packet, octets, passed)
        passed = Problem(UNKNOWN_HEADER, passed.named_at)
    if passed is not None:
        icmp_send.parameter_problem_ipv6(stack, packet, octets, passed)
    return None


def take_ipv6_piece(stack: Stack, packet: Packet, octets: bytes, passed: Passed) -> Packet | None:
    """RFC 8200, 4.5: put the datagram together; what it becomes is looked at as if it had come."""
    problem = ipv6_headers.piece_problem(octets, passed)
    if problem is not None:
        icmp_send.parameter_problem_ipv6(stack, packet, octets, problem)
        return None
    start, last, ident = ipv6_headers.read_fragment(octets, passed.position)
    text = octets[passed.position + FRAGMENT_OCTETS :]
    if not text:
        return None
    key = (packet.src, packet.dst, ident, ANY_PROTOCOL)
    joined = join(stack, key, Piece(start, text, last, b"" if start else octets), packet.ecn)
    if joined is None:
        return None
    whole = ipv6_headers.without_fragmentation(*joined)
    return None if whole is None else receive(stack, whole)


def join(
    stack: Stack, key: FragmentKey, piece: Piece, codepoint: int
) -> tuple[bytes, bytes] | None:
    """Keep a piece; once nothing is missing, the datagram of the first one and the payload."""
    table = stack.fragments
    if not stack.settings.fragment_datagrams:
        return None
    partial = table.find_or_start(key)
    if not partial.timer.running:
        settings = stack.settings
        wait = settings.fragment_s if len(key[0]) == 4 else settings.fragment_ipv6_s
        stack.timers.start(partial.timer, stack.now + wait * SECOND)
    partial.marked = partial.marked or codepoint == CE
    payload = table.add(partial, piece)
    first = partial.first
    if payload is None or first is None:
        return None
    return (mark(first.datagram) if partial.marked else first.datagram), payload


def mark(datagram: bytes) -> bytes:
    """A datagram with the codepoint CE; the checksum of an IPv4 header is left as it was."""
    first = int.from_bytes(datagram[:2], "big") | (
        CE if datagram[0] < ipv6.FIRST_OCTET else CE << 4
    )
    return first.to_bytes(2, "big") + datagram[2:]


def fragments_timeout(stack: Stack, partial: Partial) -> None:
    """Pieces are missing after all this time: the sender is told, if it can be told of which
    datagram (RFC 1122, 3.3.2; RFC 8200, 4.5).
    """
    first = partial.first
    stack.fragments.remove(partial)
    packet = None if first is None else parse(first.datagram)
    if first is not None and packet is not None:
        icmp_send.reassembly_time_exceeded(stack, packet, first.datagram)
