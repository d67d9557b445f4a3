"""Whatever comes over IPv6 with a Fragment header is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv6_headers
from tcpref.ipv6_headers import FRAGMENT, header_size

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC8200:4.5-REASSEMBLY"


def as_if_cut_short(octets: bytes, position: int, kind: int) -> int | None:
    return None if kind == FRAGMENT else header_size(octets, position, kind)


def plant(patch: Patch) -> None:
    patch(ipv6_headers, "header_size", as_if_cut_short)
