"""A client whose SYN leaves rubbish in a field that means nothing there cannot connect."""

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

REQUIREMENT = "RFC7323:3.2-TSECR-IGNORE"


def strict(listener: Listener, segment: Segment) -> Disposition:
    return DROP if segment.options.tsecr else segment_arrives(listener, segment)


def plant(patch: Patch) -> None:
    patch(listen, "segment_arrives", strict)
