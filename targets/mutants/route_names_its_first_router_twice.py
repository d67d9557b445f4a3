"""Datagrams with a source route pass its first router twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.source_route import Route, encode

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-51"


def lead_twice(route: Route, header: bytearray) -> None:
    host, octets = bytes(header[16:20]), route.octets + 4
    header[0] += octets // 4
    header[2:4] = (int.from_bytes(header[2:4], "big") + octets).to_bytes(2, "big")
    header[16:20] = route.routers[0]
    header += encode(route.kind, (*route.routers, host))


def plant(patch: Patch) -> None:
    patch(Route, "lead", lead_twice)
