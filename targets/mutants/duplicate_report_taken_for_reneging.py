"""A report of a duplicate has the whole flight sent again, as if the peer had thrown it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.loss_recovery import TIMEOUT, Recovery
from tcpref.scoreboard import NOTHING_REPORTED
from tcpref.states import steps
from tcpref.states.steps import take_report

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC2883:4-SENDER-TOLERATES"


def suspect(tcb: Tcb, segment: Segment) -> None:
    take_report(tcb, segment)
    first, *others = segment.options.sack
    if any(seq.before(first[0], right) and seq.after(first[1], left) for left, right in others):
        tcb.scoreboard = NOTHING_REPORTED
        tcb.recovery = Recovery(TIMEOUT, tcb.snd_una, tcb.snd_nxt)
        tcb.suspicious = True


def plant(patch: Patch) -> None:
    patch(steps, "take_report", suspect)
