"""A late ACK costs half the window where the peer reports no duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import tail_loss
from tcpref.tail_loss import heard

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tail_loss import TailLoss
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.4.2-TWICE"


def news_only(tcb: Tcb, probe: TailLoss, segment: Segment) -> None:
    if segment.ack != tcb.snd_una or segment.options.sack:
        heard(tcb, probe, segment)


def plant(patch: Patch) -> None:
    patch(tail_loss, "heard", news_only)
