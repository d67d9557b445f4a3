"""Each flight whose ACK is a little late costs a needless segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import tail_loss
from tcpref.tail_loss import timeout

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.rack import Rack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.2-PTO"


def hasty(tcb: Tcb, times: Rack) -> int:
    return timeout(tcb, times) // 2


def plant(patch: Patch) -> None:
    patch(tail_loss, "timeout", hasty)
