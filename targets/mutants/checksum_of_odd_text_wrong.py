"""Text of an odd number of octets never arrives: every peer drops it as damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import segment

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-2"


def unpadded(octets: bytes) -> int:
    return int.from_bytes(octets, "big") % 65535


def plant(patch: Patch) -> None:
    patch(segment, "remainder", unpadded)
