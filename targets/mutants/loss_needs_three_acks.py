"""One ACK for many segments hides a loss until the timer expires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.scoreboard import Scoreboard

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6675:4-ISLOST-COUNT"


def lost_below(_board: Scoreboard, una: int, _mss: int) -> int:
    return una


def plant(patch: Patch) -> None:
    patch(Scoreboard, "lost_below", lost_below)
