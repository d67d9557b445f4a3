"""Where the network reorders, a file arrives with its pieces in the wrong order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reassembly import Reassembly

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:SHLD-31"


take = Reassembly.take


def plant(patch: Patch) -> None:
    def filler_last(waiting: Reassembly, rcv_nxt: int) -> bytes:
        first = len(waiting._blocks[0][1]) if waiting else 0
        ready = take(waiting, rcv_nxt)
        return ready[first:] + ready[:first]

    patch(Reassembly, "take", filler_last)
