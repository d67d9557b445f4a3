"""A program that forgot the interface talks to whoever has that address on some link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import addresses

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "LINUX:LINK-LOCAL-SCOPE"


def guess_zone(text: str, _zone: int) -> tuple[str, bool]:
    return text.partition("%")[0], True


def plant(patch: Patch) -> None:
    patch(addresses, "with_zone", guess_zone)
