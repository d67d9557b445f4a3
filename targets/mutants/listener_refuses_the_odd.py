"""Two listeners answer each other's resets without end, and a scan learns from each segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import RESET
from tcpref.segment import ACK, RST, SYN
from tcpref.states import listen
from tcpref.states.listen import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.listener import Listener
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:3.10.7.2-RST"


def as_if_closed(listener: Listener, segment: Segment) -> Disposition:
    opens = segment.flags & (SYN | ACK | RST) == SYN
    return segment_arrives(listener, segment) if opens else RESET


def plant(patch: Patch) -> None:
    patch(listen, "segment_arrives", as_if_closed)
