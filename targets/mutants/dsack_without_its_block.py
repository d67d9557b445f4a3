"""A report of a duplicate in the queue is taken for a hole that has been filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sack import Report

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block

REQUIREMENT = "RFC2883:4-SECOND-BLOCK"


every = Report.blocks


def alone(report: Report) -> list[Block]:
    return every(report) if report.duplicate is None else [report.duplicate]


def plant(patch: Patch) -> None:
    patch(Report, "blocks", alone)
