"""A program on a host without IPv6 tries addresses that it cannot reach before any that it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.names import Resolver

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"


def has_family(_resolver: Resolver, _family: str) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(Resolver, "has_family", has_family)
