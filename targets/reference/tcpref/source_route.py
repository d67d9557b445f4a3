"""Source routes of IPv4: the sender says by which routers a datagram goes (RFC 791, 3.1).

An application gives one with IP_OPTIONS before connect(); the first router is the destination of
each datagram then, and the option holds the others and the host itself (RFC 1122, 3.2.1.8; ip(7)).
What comes with a route at its end is answered on the way back, and so is all else on the connection
(MUST-53); a later route takes the place of an earlier one (SHLD-24), but never of what the
application has given (MUST-52). Without the setting `source_routes` none is taken (RFC 7126, 4.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpref import ip_choices, seq
from tcpref.ipv4 import HEADER_OCTETS
from tcpref.ipv4_options import END_OF_LIST, LOOSE_SOURCE_ROUTE, NO_OPERATION, STRICT_SOURCE_ROUTE

if TYPE_CHECKING:
    from tcpref.segment import Segment
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

KINDS = frozenset({LOOSE_SOURCE_ROUTE, STRICT_SOURCE_ROUTE})
#: Where the pointer stands before the first router is reached.
START = 4
#: Of all options of a header.
LONGEST = 40


class Route(NamedTuple):
    """The routers on the way, at least one; `chosen` by the application, or learned."""

    kind: int
    routers: tuple[bytes, ...]
    chosen: bool

    @property
    def octets(self) -> int:
        """The option and its padding."""
        return 4 * len(self.routers) + 4

    def lead(self, header: bytearray) -> None:
        """Put a header on this way: to the first router, with an option that ends at its host."""
        host = bytes(header[16:20])
        header[0] += self.octets // 4
        header[2:4] = (int.from_bytes(header[2:4], "big") + self.octets).to_bytes(2, "big")
        header[16:20] = self.routers[0]
        header += encode(self.kind, (*self.routers[1:], host))


def encode(kind: int, addresses: tuple[bytes, ...]) -> bytes:
    """The option before its first router, padded."""
    return bytes((kind, 3 + 4 * len(addresses), START)) + b"".join(addresses) + b"\0"


def find(octets: bytes) -> tuple[int, int, tuple[bytes, ...]] | None:
    """Kind, pointer and addresses of the route in a header's options; None where there is none,
    or the options are ill-formed before it.
    """
    position, end = 0, len(octets)
    while position + 2 < end and octets[position] != END_OF_LIST:
        kind, length = octets[position], octets[position + 1]
        if kind == NO_OPERATION:
            length = 1
        elif length < 2 or position + length > end:
            return None
        elif kind in KINDS and length > 2:
            data = octets[position + 3 : position + length]
            addresses = tuple(data[at : at + 4] for at in range(0, len(data) - 3, 4))
            return kind, octets[position + 2], addresses
        position += length
    return None


def ended(options: bytes) -> bool:
    """Whether a datagram with these options has come to the end of its way."""
    found = find(options)
    return found is None or found[1] > 3 + 4 * len(found[2])


def back(options: bytes) -> Route | None:
    """The way back of a datagram that has come to its end: the routers it passed, reversed."""
    found = find(options)
    if found is None or not found[2]:
        return None
    return Route(found[0], found[2][::-1], chosen=False)


def of_application(octets: bytes) -> Route | None:
    """What IP_OPTIONS says, b"" for no route; raises ValueError for what cannot go out."""
    if not octets.strip(bytes((NO_OPERATION, END_OF_LIST))):
        return None
    found = find(octets)
    if found is None or found[1] != START or not found[2] or len(octets) > LONGEST:
        raise ValueError(octets)
    return Route(found[0], found[2], chosen=True)


def destination(header: bytes) -> bytes:
    """Whom a header of ours is meant for: the host at the end of the way."""
    found = find(header[HEADER_OCTETS:])
    return header[16:20] if found is None or not found[2] else found[2][-1]


def take(tcb: Tcb, route: Route) -> None:
    """Answer on the way that the peer's segment has come by (MUST-53, SHLD-24)."""
    choices = tcb.ip or ip_choices.NO_CHOICES
    if choices.route is not None and choices.route.chosen:
        return
    ip_choices.choose(tcb, choices._replace(route=route))
    if tcb.socket is not None:
        tcb.socket.ip = choices._replace(route=route)


def segment_arrives(stack: Stack, segment: Segment, options: bytes) -> None:
    """A segment whose datagram had options: one with a route to its end brings the way back."""
    route = back(options)
    if route is None:
        stack.segment_arrives(segment)
        return
    segment = segment._replace(route=route)
    stack.segment_arrives(segment)
    after_segment(stack, segment)


def after_segment(stack: Stack, segment: Segment) -> None:
    """A segment with a route has been handled: its way counts where it has been taken in order."""
    key = (segment.dst, segment.dst_port, segment.src, segment.src_port)
    tcb = stack.connections.get(key)
    if tcb is None or segment.route is None:
        return
    if tcb.irs != tcb.rcv_nxt and seq.add(segment.seq, segment.length) == tcb.rcv_nxt:
        take(tcb, segment.route)
