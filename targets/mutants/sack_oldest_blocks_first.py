"""A lost ACK takes its block with it: the next ones repeat the oldest, not the latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sack import Report

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block

REQUIREMENT = "RFC2018:4-REPEAT"


def oldest_first(report: Report) -> list[Block]:
    return report.held[:1] + report.held[:0:-1]


def plant(patch: Patch) -> None:
    patch(Report, "blocks", oldest_first)
