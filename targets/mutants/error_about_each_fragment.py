"""A large datagram that nobody wants draws an error for each of its fragments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp_send, ip_input
from tcpref.ip_input import TAKEN, take_ipv4_piece

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv4 import Packet
    from tcpref.stack import Stack

REQUIREMENT = "RFC1122:3.2.2-ABOUT"


def protocol_first(stack: Stack, packet: Packet, octets: bytes) -> Packet | None:
    if packet.protocol in TAKEN[4]:
        return take_ipv4_piece(stack, packet, octets)
    icmp_send.protocol_unreachable(stack, packet._replace(fragment=0), octets)
    return None


def plant(patch: Patch) -> None:
    patch(ip_input, "take_ipv4_piece", protocol_first)
