"""The application takes the octet behind the urgent one for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent
from tcpref.urgent import arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-62"


def one_more(tcb: Tcb, segment: Segment) -> None:
    arrives(tcb, segment._replace(urgent=segment.urgent + 1))


def plant(patch: Patch) -> None:
    patch(urgent, "arrives", one_more)
