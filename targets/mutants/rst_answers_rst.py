"""Two hosts that know nothing of a connection send each other resets for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import RESET, Disposition
from tcpref.states import closed

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:3.5.2-NO-RST-FOR-RST"


def segment_arrives(_segment: Segment) -> Disposition:
    return RESET


def plant(patch: Patch) -> None:
    patch(closed, "segment_arrives", segment_arrives)
