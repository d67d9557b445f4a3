"""An IPv6 option that must be understood is passed over by a host that does not know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv6_headers

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv6_headers import Problem

REQUIREMENT = "RFC8200:4.2-ACTION"


def no_problem(_octets: bytes, _position: int, _end: int) -> Problem | None:
    return None


def plant(patch: Patch) -> None:
    patch(ipv6_headers, "check_options", no_problem)
