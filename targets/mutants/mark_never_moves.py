"""Only the first urgent data of a connection is ever told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent
from tcpref.urgent import arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-32"


def once(tcb: Tcb, segment: Segment) -> None:
    if tcb.mark is None:
        arrives(tcb, segment)


def plant(patch: Patch) -> None:
    patch(urgent, "arrives", once)
