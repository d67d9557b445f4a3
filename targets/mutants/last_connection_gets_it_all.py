"""With two clients the text of one goes to the other: the connection used last is taken unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import SYN
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:3.3.1-DEMUX"


arrives = Stack.segment_arrives


def cached(stack: Stack, segment: Segment) -> None:
    if segment.flags & SYN or not stack.connections:
        arrives(stack, segment)
    else:
        stack.segment_for(next(reversed(stack.connections.values())), segment)


def plant(patch: Patch) -> None:
    patch(Stack, "segment_arrives", cached)
