"""A datagram that is on its way to another host ends here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv6_headers
from tcpref.ipv6_headers import ROUTING, check_header

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv6_headers import Problem

REQUIREMENT = "RFC8200:4.4-ROUTING"


def any_route(octets: bytes, position: int, size: int, kind: int) -> Problem | None:
    return None if kind == ROUTING else check_header(octets, position, size, kind)


def plant(patch: Patch) -> None:
    patch(ipv6_headers, "check_header", any_route)
