"""A peer that probes an idle connection takes it for dead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.disposition import DROP
from tcpref.states import steps
from tcpref.states.steps import check_sequence

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.8.4-PROBE-ANSWER"


def nothing_new(tcb: Tcb, segment: Segment) -> Disposition | None:
    refused = check_sequence(tcb, segment)
    probe = seq.add(segment.seq, 1) == tcb.rcv_nxt and len(segment.payload) <= 1
    return DROP if refused is not None and probe else refused


def plant(patch: Patch) -> None:
    patch(steps, "check_sequence", nothing_new)
