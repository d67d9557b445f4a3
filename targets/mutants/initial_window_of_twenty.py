"""Short queues overflow with the first flight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC5681:3.1-IW"


def initial_window(mss: int, _segments: int) -> int:
    return 20 * mss


def plant(patch: Patch) -> None:
    patch(reno, "initial_window", initial_window)
