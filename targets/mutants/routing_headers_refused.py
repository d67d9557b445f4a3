"""A host cannot be reached where a router on the way has added a routing header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv6_headers
from tcpref.ipv6_headers import ERRONEOUS_FIELD, ROUTING, Problem, check_header

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC8200:4.4-ROUTING"


def at_its_end_or_not(octets: bytes, position: int, size: int, kind: int) -> Problem | None:
    if kind == ROUTING:
        return Problem(ERRONEOUS_FIELD, position + 2)
    return check_header(octets, position, size, kind)


def plant(patch: Patch) -> None:
    patch(ipv6_headers, "check_header", at_its_end_or_not)
