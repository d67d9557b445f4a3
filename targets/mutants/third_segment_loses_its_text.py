"""The first request is lost when it comes with the ACK of the handshake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import FIN
from tcpref.states import syn_received
from tcpref.states.syn_received import finish

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-ACK-SYNRCVD-DATA"


def ack_only(tcb: Tcb, segment: Segment, now: int, *, window: Segment | None = None) -> Disposition:
    bare = segment._replace(payload=b"", flags=segment.flags & ~FIN)
    return finish(tcb, bare, now, window=window)


def plant(patch: Patch) -> None:
    patch(syn_received, "finish", ack_only)
