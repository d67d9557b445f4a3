"""A path that duplicates datagrams halves the window time and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.scoreboard import Scoreboard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block

REQUIREMENT = "RFC2883:4-SENDER-TOLERATES"


update = Scoreboard.update


def confused(board: Scoreboard, reported: Iterable[Block], una: int, nxt: int) -> bool:
    update(board, reported, una, nxt)
    return True


def plant(patch: Patch) -> None:
    patch(Scoreboard, "update", confused)
