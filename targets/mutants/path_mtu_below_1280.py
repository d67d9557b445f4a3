"""A forged message brings packets below what every link of IPv6 carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import pmtu

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC8201:4-MIN1280"


LEAST = pmtu.LEAST | {16: 68}


def plant(patch: Patch) -> None:
    patch(pmtu, "LEAST", LEAST)
