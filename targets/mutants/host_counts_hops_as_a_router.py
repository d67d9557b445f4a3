"""A host cannot be reached from as far away as its peers' hop limits allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ip_input
from tcpref.ip_input import parse

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv4 import Packet

REQUIREMENT = "RFC1122:3.2.1.7-TTL"
#: Where the time to live stands in IPv4, and the hop limit in IPv6.
PLACES = {4: 8, 6: 7}


def with_a_hop_left(octets: bytes) -> Packet | None:
    place = PLACES.get(octets[0] >> 4, 0) if octets else 0
    return parse(octets) if octets[place : place + 1] > b"\1" else None


def plant(patch: Patch) -> None:
    patch(ip_input, "parse", with_a_hop_left)
