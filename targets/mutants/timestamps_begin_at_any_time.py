"""One segment with a timestamp has all later ones without refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import states
from tcpref.states import handle

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:3.2-UNNEGOTIATED"


def late(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if segment.options.tsval is not None and tcb.settings.timestamps:
        tcb.timestamps = True
    return handle(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(states, "handle", late)
