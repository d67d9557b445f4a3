"""A peer that knows no timestamps gets them in the SYN-ACK and in all that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.tcb import Tcb
from tcpref.timestamps import check

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.options import Options
    from tcpref.segment import Segment

REQUIREMENT = "RFC7323:3.2-SYNACK-ONLY-IF"


negotiate = Tcb.negotiate


def unasked(tcb: Tcb, options: Options, now: int) -> None:
    negotiate(tcb, options._replace(tsval=options.tsval or 0), now)


def lenient(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    return None if segment.options.tsval is None else check(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(Tcb, "negotiate", unasked)
    patch(timestamps, "check", lenient)
