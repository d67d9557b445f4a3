"""A download ends with a time-out because a busy reader took back what it had offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import check_ack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-17"


def check(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    since, una = tcb.stalled_since, tcb.snd_una
    answer = check_ack(tcb, segment, now)
    if tcb.flight > 1 and tcb.snd_una == una:
        tcb.stalled_since = since
    return answer


def plant(patch: Patch) -> None:
    patch(steps, "check_ack", check)
