"""Text injected with a made-up acknowledgement number reaches the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps
from tcpref.states.steps import check_ack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-ACK-FUTURE-ESTAB"


def lenient(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    if seq.after(segment.ack, tcb.snd_nxt):
        segment = segment._replace(ack=tcb.snd_nxt)
    return check_ack(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(steps, "check_ack", lenient)
