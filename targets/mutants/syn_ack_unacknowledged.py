"""A server that speaks first waits for its client: the handshake ends with the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import Answer
from tcpref.segment import ACK
from tcpref.states import syn_sent
from tcpref.states.syn_sent import synchronize

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.3-SYNACK"


def deferring(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    done = synchronize(tcb, segment, now)
    return done._replace(answer=Answer.NOTHING) if segment.flags & ACK else done


def plant(patch: Patch) -> None:
    patch(syn_sent, "synchronize", deferring)
