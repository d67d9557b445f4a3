"""Of two segments only the mark on the second is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ecn import Ecn
    from tcpref.segment import Segment

REQUIREMENT = "RFC3168:6.1.3-DELACK"


def arrives(held: Ecn, segment: Segment) -> None:
    held.echo = segment.ecn == ecn.CE


def plant(patch: Patch) -> None:
    patch(ecn, "arrives", arrives)
