"""A server that asked for IPv6 alone is reached over IPv4, past its filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv4, ipv6
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener

REQUIREMENT = "RFC3493:5.3-V6ONLY"


def find_listener(stack: Stack, address: bytes, port: int) -> Listener | None:
    wildcard = ipv4.WILDCARD if len(address) == 4 else ipv6.WILDCARD
    for bound in (address, wildcard, ipv6.WILDCARD):
        if (bound, port) in stack.listeners:
            return stack.listeners[bound, port]
    return None


def plant(patch: Patch) -> None:
    patch(Stack, "find_listener", find_listener)
