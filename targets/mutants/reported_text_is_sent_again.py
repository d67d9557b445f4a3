"""Every loss costs a window: what the peer has reported goes again as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.scoreboard import Scoreboard

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block

REQUIREMENT = "RFC2018:5-SENDER-SKIPS"


def hole(_board: Scoreboard, start: int, end: int) -> Block | None:
    return (start, end) if seq.before(start, end) else None


def plant(patch: Patch) -> None:
    patch(Scoreboard, "hole", hole)
