"""Few losses fill the option: neighbouring segments are reported one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.reassembly import Reassembly

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block

REQUIREMENT = "RFC2018:4-BLOCK-EDGES"


def spans(queue: Reassembly) -> list[Block]:
    return [(start, seq.add(start, len(octets))) for start, octets in queue._blocks]


def plant(patch: Patch) -> None:
    patch(Reassembly, "spans", spans)
