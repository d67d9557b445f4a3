"""Resets that miss the window draw an answer each, which helps whoever guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import ACKNOWLEDGE, DROP, Disposition
from tcpref.states import steps
from tcpref.states.steps import check_rst

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-RST-SILENT"


def answered(tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    wanted = check_rst(tcb, segment, reset)
    return ACKNOWLEDGE if wanted is DROP else wanted


def plant(patch: Patch) -> None:
    patch(steps, "check_rst", answered)
