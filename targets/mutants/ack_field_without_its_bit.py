"""What stands in an unused field counts as an acknowledgement, and text without ACK is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import states
from tcpref.segment import ACK, RST, SYN
from tcpref.states import handle

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-NOACK-ESTAB"


def unlooked_at(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if not segment.flags & (SYN | RST):
        segment = segment._replace(flags=segment.flags | ACK)
    return handle(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(states, "handle", unlooked_at)
