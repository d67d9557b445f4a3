"""Anybody who guesses a block of the future starts retransmissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.scoreboard import Scoreboard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block

REQUIREMENT = "RFC2018:5-BAD-SACK"


update = Scoreboard.update


def gullible(board: Scoreboard, reported: Iterable[Block], una: int, nxt: int) -> bool:
    return update(board, reported, una, seq.add(nxt, 1 << 20))


def plant(patch: Patch) -> None:
    patch(Scoreboard, "update", gullible)
