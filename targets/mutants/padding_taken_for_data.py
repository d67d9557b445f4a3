"""On a link that pads short frames no acknowledgement is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv4, ipv6
from tcpref.ipv4 import parse_ipv4
from tcpref.ipv6 import parse_ipv6

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv4 import Packet

REQUIREMENT = "RFC894:PADDING"


def to_the_end_ipv4(octets: bytes) -> Packet | None:
    packet = parse_ipv4(octets)
    return packet and packet._replace(payload=octets[20 + len(packet.options) :])


def to_the_end_ipv6(octets: bytes) -> Packet | None:
    packet = parse_ipv6(octets)
    return packet and packet._replace(payload=octets[40:])


def plant(patch: Patch) -> None:
    patch(ipv4, "parse_ipv4", to_the_end_ipv4)
    patch(ipv6, "parse_ipv6", to_the_end_ipv6)
