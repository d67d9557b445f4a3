"""A connection breaks down when its numbers go round, at the latest after four gigabytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.4-WRAP"


def before(number: int, other: int) -> bool:
    return number < other


def after(number: int, other: int) -> bool:
    return number > other


def plant(patch: Patch) -> None:
    patch(seq, "before", before)
    patch(seq, "after", after)
