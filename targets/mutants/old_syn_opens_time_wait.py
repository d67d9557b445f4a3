"""An old duplicate of a SYN ends TIME-WAIT and leaves a connection that nobody wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import SYN
from tcpref.states import time_wait

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6191:2-A4"


def any_syn(_tcb: Tcb, segment: Segment) -> bool:
    return segment.flags == SYN


def plant(patch: Patch) -> None:
    patch(time_wait, "reopens", any_syn)
