"""AI_V4MAPPED gives IPv4-mapped addresses to a host that has IPv6 ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_addrinfo
from tcpref.names_addrinfo import mapping

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_hints import Hints

REQUIREMENT = "DOC-46"


def generous(hints: Hints, families: frozenset[str]) -> str:
    return mapping(hints._replace(flags=hints.flags | {"AI_ALL"}), families)


def plant(patch: Patch) -> None:
    patch(names_addrinfo, "mapping", generous)
