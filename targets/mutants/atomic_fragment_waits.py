"""Behind a translator of IPv4 to IPv6 a forged fragment keeps whole segments from arriving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv6_headers

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC8200:4.5-OVERLAP"


def always(_octets: bytes, _position: int) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(ipv6_headers, "is_piece", always)
