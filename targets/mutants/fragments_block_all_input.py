"""Whoever sends fragments that nobody completes cuts off a host from all its peers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ip_input
from tcpref.ip_input import receive

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv4 import Packet
    from tcpref.stack import Stack

REQUIREMENT = "RFC4987:FLOOD"


def while_there_is_room(stack: Stack, octets: bytes) -> Packet | None:
    full = len(stack.fragments) >= stack.settings.fragment_datagrams
    return None if full else receive(stack, octets)


def plant(patch: Patch) -> None:
    patch(ip_input, "receive", while_there_is_room)
