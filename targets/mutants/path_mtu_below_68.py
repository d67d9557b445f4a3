"""A forged message brings a transfer down to one octet a segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import pmtu

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC1191:3-MIN68"


LEAST = pmtu.LEAST | {4: 41}


def plant(patch: Patch) -> None:
    patch(pmtu, "LEAST", LEAST)
