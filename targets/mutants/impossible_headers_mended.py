"""A datagram whose header cannot be right is taken as if it were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv4
from tcpref.ipv4 import HEADER_OCTETS, Packet, parse_ipv4

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC791:3.1-LENGTH"


def mended(octets: bytes) -> Packet | None:
    packet = parse_ipv4(octets)
    if packet is not None or len(octets) < 2 * HEADER_OCTETS:
        return packet
    return Packet(octets[9], octets[12:16], octets[16:20], octets[HEADER_OCTETS:])


def plant(patch: Patch) -> None:
    patch(ipv4, "parse_ipv4", mended)
