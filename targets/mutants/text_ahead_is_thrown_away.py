"""One lost segment costs a whole window: what came behind it has to come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.segment import FIN
from tcpref.states import steps
from tcpref.states.steps import queue_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC1122:4.2.2.20-QUEUE"


def queue(tcb: Tcb, segment: Segment) -> None:
    if seq.after(segment.seq, tcb.rcv_nxt):
        segment = segment._replace(payload=b"", flags=segment.flags & ~FIN)
    queue_text(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "queue_text", queue)
