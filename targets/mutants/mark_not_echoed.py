"""The sender never hears that the network is congested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ecn import Ecn
    from tcpref.segment import Segment

REQUIREMENT = "RFC3168:6.1.3-ECE"


def arrives(_held: Ecn, _segment: Segment) -> None:
    pass


def plant(patch: Patch) -> None:
    patch(ecn, "arrives", arrives)
