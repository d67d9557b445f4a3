"""A program whose user has typed no host name at all connects to its own host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_addrinfo
from tcpref.names_addrinfo import getaddrinfo

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names import Resolver
    from tcpref.names_addrinfo import AddrInfo
    from tcpref.names_hints import Hints

REQUIREMENT = "DOC-46"


def empty_is_null(
    resolver: Resolver, node: str | None, service: str | None, hints: Hints
) -> tuple[AddrInfo, ...]:
    return getaddrinfo(resolver, node or None, service or None, hints)


def plant(patch: Patch) -> None:
    patch(names_addrinfo, "getaddrinfo", empty_is_null)
