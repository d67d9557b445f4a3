"""One datagram to all hosts of a network is answered by every one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp_send, ip_input
from tcpref.ip_input import TAKEN, parse, receive

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv4 import Packet
    from tcpref.stack import Stack

REQUIREMENT = "RFC1122:3.2.2-ABOUT"


def whoever_it_is_for(stack: Stack, octets: bytes) -> Packet | None:
    packet = parse(octets)
    if packet is None or packet.dst in stack.addresses:
        return receive(stack, octets)
    if packet.protocol not in TAKEN[len(packet.dst)]:
        told = packet._replace(dst=stack.addresses[0])
        icmp_send.protocol_unreachable(stack, told, octets)
    return None


def plant(patch: Patch) -> None:
    patch(ip_input, "receive", whoever_it_is_for)
