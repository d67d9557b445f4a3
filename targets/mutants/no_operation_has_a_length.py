"""Hosts whose datagrams have an IP option that ends on an odd octet are never answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv4_options
from tcpref.ipv4_options import END_OF_LIST

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-50"


def read_kinds(octets: bytes) -> tuple[frozenset[int], int | None]:
    kinds: set[int] = set()
    position, end = 0, len(octets)
    while position < end and octets[position] != END_OF_LIST:
        length = octets[position + 1] if position + 1 < end else 0
        if length < 2 or position + length > end:
            return frozenset(kinds), position
        kinds.add(octets[position])
        position += length
    return frozenset(kinds), None


def plant(patch: Patch) -> None:
    patch(ipv4_options, "read_kinds", read_kinds)
