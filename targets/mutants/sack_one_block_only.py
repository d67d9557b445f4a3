"""A sender that misses one ACK never hears of the blocks before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sack import Report

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block

REQUIREMENT = "RFC2018:4-MANY"


every = Report.blocks


def one(report: Report) -> list[Block]:
    return every(report)[:1]


def plant(patch: Patch) -> None:
    patch(Report, "blocks", one)
