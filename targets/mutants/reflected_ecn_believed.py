"""Towards a peer that only repeats reserved bits, marks of the network stay without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn
from tcpref.segment import ECE

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC3168:6.1.1-REFLECT"


def agrees(segment: Segment) -> bool:
    return bool(segment.flags & ECE)


def plant(patch: Patch) -> None:
    patch(ecn, "agrees", agrees)
