"""A client whose handshake ends while the server is busy is reset in place of being kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import ACK
from tcpref.states import syn_received
from tcpref.states.syn_received import OVERFLOW, acknowledges_our_syn, finish, may_complete

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-12"


def or_reset(tcb: Tcb, segment: Segment, now: int, *, window: Segment | None = None) -> Disposition:
    completes = segment.flags & ACK and acknowledges_our_syn(tcb, segment)
    if completes and not may_complete(tcb):
        return OVERFLOW
    return finish(tcb, segment, now, window=window)


def plant(patch: Patch) -> None:
    patch(syn_received, "finish", or_reset)
