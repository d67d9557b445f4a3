"""Through a tunnel of 1,300 octets pages stay blank: only the size below is ever tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import black_hole

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC4821:7-BLACKHOLE"


def plant(patch: Patch) -> None:
    believed = black_hole.segment_timed_out

    def once(stack: Stack, tcb: Tcb) -> None:
        if tcb.retransmissions == tcb.settings.black_hole_timeouts:
            believed(stack, tcb)

    patch(black_hole, "FIRST_TRY", 1_492)
    patch(black_hole, "segment_timed_out", once)
