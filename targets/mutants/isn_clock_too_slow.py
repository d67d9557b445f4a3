"""A connection that is opened again soon after begins within the old one's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import isn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6528:3-FORMULA"


def clock(now: int) -> int:
    return now // 1_000_000


def plant(patch: Patch) -> None:
    patch(isn, "clock", clock)
