"""A sender never learns that it repeats needlessly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import sack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC2883:4-FULL-DUP"


def note_duplicate(_tcb: Tcb, _segment: Segment) -> None:
    return


def plant(patch: Patch) -> None:
    patch(sack, "note_duplicate", note_duplicate)
