"""Whoever speaks to a host in a protocol that it does not know waits in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp_send

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv4 import Packet
    from tcpref.stack import Stack

REQUIREMENT = "RFC1122:3.2.2.1-PROTOCOL"


def nothing(_stack: Stack, _packet: Packet, _octets: bytes) -> None:
    return None


def plant(patch: Patch) -> None:
    patch(icmp_send, "protocol_unreachable", nothing)
