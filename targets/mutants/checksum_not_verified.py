"""Octets damaged on the way are handed to the application as if they were right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import segment

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-3"


def checksum_holds(_src: bytes, _dst: bytes, _octets: bytes) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(segment, "checksum_holds", checksum_holds)
