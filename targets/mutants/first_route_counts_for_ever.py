"""A source-routed connection hangs once the peer's way has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import source_route

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.stack import Stack

REQUIREMENT = "RFC9293:SHLD-24"


def never(_stack: Stack, _segment: Segment) -> None:
    pass


def plant(patch: Patch) -> None:
    patch(source_route, "after_segment", never)
