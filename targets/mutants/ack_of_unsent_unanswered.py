"""Two ends that disagree about what was sent never find out, and wait for each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.disposition import DROP, Disposition
from tcpref.states import steps
from tcpref.states.steps import check_ack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5961:5.2-ACK-RANGE-HIGH"


def silent(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    return DROP if seq.after(segment.ack, tcb.snd_nxt) else check_ack(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(steps, "check_ack", silent)
