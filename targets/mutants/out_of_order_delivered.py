"""Where the network reorders, a file arrives with its pieces in the wrong order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps
from tcpref.states.steps import queue_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-31"


def as_it_comes(tcb: Tcb, segment: Segment) -> None:
    if segment.payload and seq.after(segment.seq, tcb.rcv_nxt):
        segment = segment._replace(seq=tcb.rcv_nxt)
    queue_text(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "queue_text", as_it_comes)
