"""Timing a function, and the line that tells of it."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: its value with unit, and its ratio to something in the same run."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    to: str = ""

    def __str__(self) -> str:
        line = f"{self.name:<58} {self.value:9.3f} {self.unit}"
        return line if self.ratio is None else f"{line}   {self.ratio:7.2f} x {self.to}"


def median_s(function: Callable[[], object], *, rounds: int, loops: int = 1) -> float:
    """Median seconds of one call, over `rounds` rounds of `loops` calls, after one round unseen."""
    times: list[float] = []
    gc.collect()
    for round_ in range(rounds + 1):
        start = time.perf_counter()
        for _ in range(loops):
            function()
        if round_:
            times.append((time.perf_counter() - start) / loops)
    return statistics.median(times)
