"""One of 65,536 guesses is enough to reset a connection: only half of the number is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import RST, Segment
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5961:3.2-RST-OUT"

check_rst = steps.check_rst


def plant(patch: Patch) -> None:
    def sixteen_bits(tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
        if segment.flags & RST and (segment.seq ^ tcb.rcv_nxt) & 0xFFFF == 0:
            return reset
        return check_rst(tcb, segment, reset)

    patch(steps, "check_rst", sixteen_bits)
