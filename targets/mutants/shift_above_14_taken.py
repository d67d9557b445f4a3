"""A peer that offers an absurd shift is sent more than it has announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7323:2.3-SHIFT-MAX"


def plant(patch: Patch) -> None:
    patch(tcb, "LARGEST_SHIFT", 20)
