"""A file arrives with holes full of zeros: a segment above our MSS fills a buffer of one MSS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import queue_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.7.1-LARGER-THAN-MSS"


def queue(tcb: Tcb, segment: Segment) -> None:
    size, room = len(segment.payload), tcb.announced_mss
    if size > room:
        segment = segment._replace(payload=segment.payload[:room] + bytes(size - room))
    queue_text(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "queue_text", queue)
