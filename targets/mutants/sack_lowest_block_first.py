"""The sender repairs losses late: the newest block is told last and may not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sack import Report

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block

REQUIREMENT = "RFC2018:4-FIRST-BLOCK"


def blocks(report: Report) -> list[Block]:
    return sorted(report.held)


def plant(patch: Patch) -> None:
    patch(Report, "blocks", blocks)
