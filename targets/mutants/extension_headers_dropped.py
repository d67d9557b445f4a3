"""A host drops all that comes with options of IPv6, as firewalls do, and nobody knows why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv6_headers
from tcpref.ipv6_headers import SILENT, Problem

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC8200:4-EXTHDR"


def drop(_octets: bytes, _position: int, _size: int, _kind: int) -> Problem:
    return SILENT


def plant(patch: Patch) -> None:
    patch(ipv6_headers, "check_header", drop)
