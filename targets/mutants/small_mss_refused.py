"""A host behind a link with small frames cannot connect: a cure for an attack by tiny segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import DROP
from tcpref.states import listen
from tcpref.states.listen import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.listener import Listener
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:3.7.1-SMALL-MSS"


LEAST = 88


def large_enough(listener: Listener, segment: Segment) -> Disposition:
    mss = segment.options.mss
    return DROP if mss is not None and mss < LEAST else segment_arrives(listener, segment)


def plant(patch: Patch) -> None:
    patch(listen, "segment_arrives", large_enough)
