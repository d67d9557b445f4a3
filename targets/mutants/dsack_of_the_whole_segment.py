"""A sender takes text for repeated that was new: all of a segment counts as duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import sack
from tcpref.sack import note_duplicate

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC2883:4-EDGES"


def coarse(tcb: Tcb, segment: Segment) -> None:
    note_duplicate(tcb, segment)
    if tcb.sack_report is not None and tcb.sack_report.duplicate is not None:
        tcb.sack_report.duplicate = sack.text_of(segment)


def plant(patch: Patch) -> None:
    patch(sack, "note_duplicate", coarse)
