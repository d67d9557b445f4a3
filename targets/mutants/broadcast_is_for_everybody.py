"""One segment to a broadcast address draws a reset from each host of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import addresses, ip_input, ipv4
from tcpref.ip_input import parse, receive

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv4 import Packet
    from tcpref.stack import Stack

REQUIREMENT = "RFC9293:3.9.2.3-NONSYN-BCAST"


def all_of_them(stack: Stack, octets: bytes) -> Packet | None:
    packet = parse(octets)
    if packet is None or packet.protocol != ipv4.PROTOCOL_TCP or packet.fragment:
        return receive(stack, octets)
    to_all = packet.dst in stack.broadcasts or not addresses.is_unicast(packet.dst)
    return packet if to_all else receive(stack, octets)


def plant(patch: Patch) -> None:
    patch(ip_input, "receive", all_of_them)
