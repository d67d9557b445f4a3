"""Each handshake costs a segment more, and two such stacks would not stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import Answer
from tcpref.states import syn_received
from tcpref.states.syn_received import finish

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-ACK-SYNRCVD-OK"


def polite(tcb: Tcb, segment: Segment, now: int, *, window: Segment | None = None) -> Disposition:
    done = finish(tcb, segment, now, window=window)
    return done._replace(answer=Answer.ACK) if done.enter and not done.errno else done


def plant(patch: Patch) -> None:
    patch(syn_received, "finish", polite)
