"""What an application asks of the IP headers of its segments (RFC 9293, 3.9.1.9, 3.9.2, 3.9.2.1).

IP_TOS and IPV6_TCLASS give the differentiated services code point, IP_TTL and IPV6_UNICAST_HOPS
how far a segment may go, IP_OPTIONS the way that it takes. A connection without any of them has
none of this, and its datagrams are left as they are built; else `dress` changes their headers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpref import ipv4, ipv6
from tcpref.checksum import checksum, remainder

if TYPE_CHECKING:
    from tcpref.source_route import Route
    from tcpref.tcb import Tcb

#: The bits of the DS field that TCP itself has for congestion (RFC 3168, 5).
ECN_BITS = 3


class IpChoices(NamedTuple):
    """`tos` and `traffic_class` with the ECN bits 0; `ttl` and `hops` in routers; `route` of IPv4.

    A socket of IPv6 has those of IPv4 as well, for mapped addresses.
    """

    tos: int = 0
    ttl: int = ipv4.TTL
    traffic_class: int = 0
    hops: int = ipv6.HOP_LIMIT
    route: Route | None = None


NO_CHOICES = IpChoices()


def choose(tcb: Tcb, choices: IpChoices) -> None:
    """From now on the segments of a connection go out so."""
    tcb.ip = None if choices == NO_CHOICES else choices
    tcb.choose_size()


def dress(datagram: bytes, choices: IpChoices | None) -> bytes:
    """A datagram of ours with the header that was asked for; its ECN bits stay."""
    if choices is None:
        return datagram
    if datagram[0] >= ipv6.FIRST_OCTET:
        first = int.from_bytes(datagram[:4], "big") | choices.traffic_class << 20
        return b"%b%b%c%b" % (first.to_bytes(4, "big"), datagram[4:7], choices.hops, datagram[8:])
    header = bytearray(datagram[: ipv4.HEADER_OCTETS])
    header[1] |= choices.tos
    header[8] = choices.ttl
    if choices.route is not None:
        choices.route.lead(header)
    header[10:12] = bytes(2)
    header[10:12] = checksum(remainder(bytes(header))).to_bytes(2, "big")
    return bytes(header) + datagram[ipv4.HEADER_OCTETS :]
