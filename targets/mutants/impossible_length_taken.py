"""A datagram that was cut off on the way is taken as if it were whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv4
from tcpref.ipv4 import parse_ipv4

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv4 import Packet

REQUIREMENT = "RFC791:3.1-LENGTH"


def filled_up(octets: bytes) -> Packet | None:
    missing = int.from_bytes(octets[2:4], "big") - len(octets)
    packet = parse_ipv4(octets + bytes(max(0, missing)))
    return packet and packet._replace(payload=packet.payload[: len(octets) - 20])


def plant(patch: Patch) -> None:
    patch(ipv4, "parse_ipv4", filled_up)
