"""Routers mark ACKs, and nobody slows down for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ecn import Ecn

REQUIREMENT = "RFC3168:6.1.4-PUREACK"


stamp = ecn.stamp


def stamp_all(held: Ecn, flags: int, *, fresh: bool) -> tuple[int, int]:
    return stamp(held, flags, fresh=fresh)[0], ecn.ECT_0


def plant(patch: Patch) -> None:
    patch(ecn, "stamp", stamp_all)
