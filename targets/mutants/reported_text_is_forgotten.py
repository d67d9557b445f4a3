"""A peer that runs out of memory gets zeros: reported text is freed before its ACK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps
from tcpref.states.steps import take_report

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6675:4-NO-REMOVE"


def forgetful(tcb: Tcb, segment: Segment, now: int) -> None:
    take_report(tcb, segment, now)
    for left, right in tcb.scoreboard.blocks:
        start, end = (seq.distance(edge, tcb.data_seq) for edge in (left, right))
        tcb.send_buffer._octets[start:end] = bytes(end - start)


def plant(patch: Patch) -> None:
    patch(steps, "take_report", forgetful)
