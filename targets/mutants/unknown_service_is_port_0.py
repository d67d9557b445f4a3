"""A misspelt service is no error: the program connects to port 0, or to what strtol() makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_addrinfo
from tcpref.errors import CallError
from tcpref.names_addrinfo import listed

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names import Resolver
    from tcpref.names_hints import Kind

REQUIREMENT = "DOC-46"


def or_by_strtol(
    resolver: Resolver, service: str, wanted: tuple[Kind, ...]
) -> list[tuple[Kind, int]]:
    try:
        return listed(resolver, service, wanted)
    except CallError:
        return [(kind, strtol(service) & 0xFFFF) for kind in wanted]


def strtol(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        return 0


def plant(patch: Patch) -> None:
    patch(names_addrinfo, "listed", or_by_strtol)
