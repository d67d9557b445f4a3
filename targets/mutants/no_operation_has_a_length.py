"""A host cannot be reached over routers that pad the options of IPv4 in front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv4_options
from tcpref.ipv4_options import NO_OPERATION, read_kinds

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-50"


def all_with_a_length(octets: bytes) -> tuple[frozenset[int], int | None]:
    kinds, fault = read_kinds(octets)
    return kinds, 0 if octets[:1] == bytes((NO_OPERATION,)) else fault


def plant(patch: Patch) -> None:
    patch(ipv4_options, "read_kinds", all_with_a_length)
