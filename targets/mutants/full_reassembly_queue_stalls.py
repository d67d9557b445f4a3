"""After heavy loss a transfer stops for good: a full queue refuses the segment that is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reassembly import Reassembly

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-TEXT-ESTAB"

insert = Reassembly.insert


def plant(patch: Patch) -> None:
    def unless_full(waiting: Reassembly, start: int, octets: bytes) -> None:
        before = waiting._blocks
        insert(waiting, start, octets)
        if len(waiting._blocks) > waiting.limit:
            waiting._blocks = before

    patch(Reassembly, "insert", unless_full)
