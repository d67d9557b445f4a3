"""One lost ACK, and the sender does not hear of congestion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ecn import Ecn

REQUIREMENT = "RFC3168:6.1.3-ECE-LATCH"


stamp = ecn.stamp


def stamp_once(held: Ecn, flags: int, *, fresh: bool) -> tuple[int, int]:
    stamped = stamp(held, flags, fresh=fresh)
    held.echo = False
    return stamped


def plant(patch: Patch) -> None:
    patch(ecn, "stamp", stamp_once)
