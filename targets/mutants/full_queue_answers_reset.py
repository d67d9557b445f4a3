"""A server that is busy for a moment refuses its clients rather than let them try again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import RESET, Disposition
from tcpref.segment import ACK, RST, SYN, Segment
from tcpref.states import listen
from tcpref.states.listen import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener

REQUIREMENT = "DOC-12"


def refuses(listener: Listener, segment: Segment) -> Disposition:
    if segment.flags & (SYN | ACK | RST) == SYN and not listener.admits_syn():
        return RESET
    return segment_arrives(listener, segment)


def plant(patch: Patch) -> None:
    patch(listen, "segment_arrives", refuses)
