"""Routers drop what they could have marked: an offer of ECN is taken for reserved flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn
from tcpref.segment import ACK, CWR, ECE

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:SHLD-8"


def agrees(segment: Segment) -> bool:
    return bool(segment.flags & ACK) and segment.flags & (ECE | CWR) == ECE


def plant(patch: Patch) -> None:
    patch(ecn, "agrees", agrees)
