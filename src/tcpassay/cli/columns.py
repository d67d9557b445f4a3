"""The columns of the page out of what a run has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.reports.page import Column

if TYPE_CHECKING:
    from tcpassay.reports.archive import Archive


def columns_of(archive: Archive) -> list[Column]:
    """A column a target, with its traces and captures where they are there."""
    if archive.record is None:
        return [Column(outcomes) for outcomes in archive.outcomes]
    return [
        Column(outcomes, archive.record, archive.trace, archive.link)
        for outcomes in archive.outcomes
    ]
