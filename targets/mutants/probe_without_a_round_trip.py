"""On a path that has become slow each flight draws a needless probe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import tail_loss
from tcpref.tail_loss import expires

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.3-SAMPLE"


def as_if_measured(stack: Stack, tcb: Tcb) -> None:
    expires(stack, tcb)
    if tcb.rack is not None:
        tcb.rack.sampled = True


def plant(patch: Patch) -> None:
    patch(tail_loss, "expires", as_if_measured)
