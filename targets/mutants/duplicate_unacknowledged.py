"""After one lost ACK the peer sends the same text again and again until it gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.disposition import DROP, Disposition
from tcpref.states import steps
from tcpref.states.steps import check_sequence

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-DUP-DATA"


def silent(tcb: Tcb, segment: Segment) -> Disposition | None:
    refused = check_sequence(tcb, segment)
    old_text = segment.payload and seq.before(segment.seq, tcb.rcv_nxt)
    return DROP if refused and old_text else refused


def plant(patch: Patch) -> None:
    patch(steps, "check_sequence", silent)
