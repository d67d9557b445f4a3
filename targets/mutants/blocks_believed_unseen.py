"""One forged block, whatever it says, has what was sent counted as lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.scoreboard import Scoreboard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block

REQUIREMENT = "RFC2018:5-BAD-SACK"


def gullible(board: Scoreboard, reported: Iterable[Block], una: int, _nxt: int) -> bool:
    blocks = {*board.blocks, *reported}
    news = len(blocks) > len(board.blocks)
    board.blocks = sorted(blocks, key=lambda block: seq.distance(block[0], una))
    return news


def unsigned(board: Scoreboard, una: int, mss: int) -> int:
    for left, right in reversed(board.blocks):
        if ((right - left - 1) & seq.MASK) >= 2 * mss:
            return left
    return una


def plant(patch: Patch) -> None:
    patch(Scoreboard, "update", gullible)
    patch(Scoreboard, "lost_below", unsigned)
