"""A sender whose probes repair its losses never slows down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq, tail_loss

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tail_loss import TailLoss
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.4.2-LOSS"


def heard(_tcb: Tcb, probe: TailLoss, segment: Segment) -> None:
    if probe.end is not None and not seq.before(segment.ack, probe.end):
        probe.end = None


def plant(patch: Patch) -> None:
    patch(tail_loss, "heard", heard)
