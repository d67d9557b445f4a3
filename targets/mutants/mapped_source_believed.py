"""Whoever sends ::ffff:10.0.0.1 over IPv6 passes for a host of the IPv4 network behind a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv6
from tcpref.ipv6 import WILDCARD

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-63"


def is_unicast(address: bytes) -> bool:
    return address[0] != 0xFF and address != WILDCARD and address[:-1] != bytes(15)


def plant(patch: Patch) -> None:
    patch(ipv6, "is_unicast", is_unicast)
