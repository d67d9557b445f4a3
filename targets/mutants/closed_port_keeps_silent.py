"""A client that knocks where nobody listens waits for minutes in place of being refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import DROP, Disposition
from tcpref.segment import ACK
from tcpref.states import closed
from tcpref.states.closed import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "DOC-28"


def stealthy(segment: Segment) -> Disposition:
    return segment_arrives(segment) if segment.flags & ACK else DROP


def plant(patch: Patch) -> None:
    patch(closed, "segment_arrives", stealthy)
