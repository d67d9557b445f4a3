"""A peer whose FIN came twice is told of an octet that it never sent: they disagree for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.segment import FIN, Segment
from tcpref.states import steps
from tcpref.states.steps import first_checks

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-TEXT-CLOSING"


def counted(tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    if segment.flags & FIN and tcb.fin_received:
        tcb.rcv_nxt = seq.add(tcb.rcv_nxt, 1)
    return first_checks(tcb, segment, reset)


def plant(patch: Patch) -> None:
    patch(steps, "first_checks", counted)
