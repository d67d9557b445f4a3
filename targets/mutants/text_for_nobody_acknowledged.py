"""A client sends a whole file to a server that has closed, and believes that it has arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-48"


def never_lost(_tcb: Tcb, _segment: Segment) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(steps, "lost_on_closed_application", never_lost)
