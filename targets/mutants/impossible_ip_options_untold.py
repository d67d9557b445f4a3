"""Who sends an IP option that cannot be is not told so, and the datagram is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv4_options
from tcpref.ipv4_options import read_kinds

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC1122:3.2.2.5-PARAMETER"


def lenient(octets: bytes) -> tuple[frozenset[int], int | None]:
    return read_kinds(octets)[0], None


def plant(patch: Patch) -> None:
    patch(ipv4_options, "read_kinds", lenient)
