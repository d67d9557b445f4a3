"""Whoever knows a connection's ports leads its segments past himself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import source_route
from tcpref.source_route import take

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.stack import Stack

REQUIREMENT = "RFC9293:MUST-53"


def believe(stack: Stack, segment: Segment) -> None:
    tcb = stack.connections.get((segment.dst, segment.dst_port, segment.src, segment.src_port))
    if tcb is not None and segment.route is not None:
        take(tcb, segment.route)


def plant(patch: Patch) -> None:
    patch(source_route, "after_segment", believe)
