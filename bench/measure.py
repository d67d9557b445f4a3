"""Timing a function, and the line that tells of it."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: its value with unit, and its ratio to something in the same run.

    `most` and `least` bound the ratio; `python -m bench` fails when it lies outside.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    to: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the ratio lies within its bounds."""
        ratio = self.ratio
        if ratio is None:
            return True
        too_large = self.most is not None and ratio > self.most
        return not too_large and (self.least is None or ratio >= self.least)

    def __str__(self) -> str:
        line = f"{self.name:<58} {self.value:9.3f} {self.unit}"
        if self.ratio is None:
            return line
        return f"{line:<74} {self.ratio:6.2f} x {self.to}{self._bounds()}"

    def _bounds(self) -> str:
        wanted = [f"at most {self.most:g}"] if self.most is not None else []
        wanted += [f"at least {self.least:g}"] if self.least is not None else []
        if not wanted:
            return ""
        return f" ({' and '.join(wanted)}{'' if self.holds else ': NOT MET'})"


def machine() -> str:
    """What the figures were measured on, in one line."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{_cpu()}, {os.cpu_count()} CPUs, load {load}; "
        f"Python {platform.python_version()}, Linux {platform.release()}"
    )


def _cpu() -> str:
    """The processor's name as the kernel has it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


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


def cpu_s(function: Callable[[], object]) -> float:
    """CPU seconds that this process spends in one call; what else runs does not count."""
    gc.collect()
    start = time.process_time()
    function()
    return time.process_time() - start


def best_cpu_s(*functions: Callable[[], Callable[[], object]], rounds: int) -> list[float]:
    """The least CPU seconds of each, of so many rounds.

    Each function prepares, unseen, and returns what is timed. A round runs all of them, so that a
    machine that is slower for a while is so for all.
    """
    times = [[cpu_s(prepare()) for prepare in functions] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]
