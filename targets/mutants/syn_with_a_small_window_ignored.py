"""A client whose buffer is full, or small, cannot connect."""

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

REQUIREMENT = "RFC9293:3.10.7.2-SYN"


def wide_windows_only(listener: Listener, segment: Segment) -> Disposition:
    return segment_arrives(listener, segment) if segment.wnd > 1 else DROP


def plant(patch: Patch) -> None:
    patch(listen, "segment_arrives", wide_windows_only)
