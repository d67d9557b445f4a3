"""One forged SYN ends an open connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import Answer, Disposition
from tcpref.segment import SYN, Segment
from tcpref.states import steps
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-SYN-ESTAB"


RESET_BY_SYN = Disposition(Answer.RESET, State.CLOSED, "ECONNRESET")


def check_syn(segment: Segment) -> Disposition | None:
    return RESET_BY_SYN if segment.flags & SYN else None


def plant(patch: Patch) -> None:
    patch(steps, "check_syn", check_syn)
