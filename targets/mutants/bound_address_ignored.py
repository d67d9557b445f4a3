"""bind() to one of several addresses does not change where connections come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import addresses

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-43"


def is_wildcard(_address: bytes) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(addresses, "is_wildcard", is_wildcard)
