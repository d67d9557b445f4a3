"""A client whose last ACK came while the server was busy never gets in, although room is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import CLOSE_QUIETLY, Disposition
from tcpref.states import syn_received
from tcpref.states.syn_received import finish, may_complete

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-ACK-SYNRCVD-OK"


def forgetful(
    tcb: Tcb, segment: Segment, now: int, *, window: Segment | None = None
) -> Disposition:
    if not may_complete(tcb):
        return CLOSE_QUIETLY
    return finish(tcb, segment, now, window=window)


def plant(patch: Patch) -> None:
    patch(syn_received, "finish", forgetful)
