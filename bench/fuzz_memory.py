"""The fuzzer's memory from so many cases to ten times as many: `python -m bench fuzz_memory`, long.

A campaign of all sources on the reference stack, in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Figure
from tcpassay.fuzz.campaign.engine import Settings, run
from tcpassay.fuzz.campaign.happenings import Counted
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.fuzz.campaign.happenings import Happening

LONG, SHORT = 1_000_000, 6_000
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def figures() -> Iterator[Figure]:
    """From 100,000 cases to a million: at most 5 % more."""
    yield from _memory(LONG, 1.05)


def short_memory() -> Iterator[Figure]:
    """The same for a hundredth of it, in which the corpus and what was seen still grow."""
    yield from _memory(SHORT, 2.0)


def _memory(cases: int, most: float) -> Iterator[Figure]:
    command = [sys.executable, "-m", "bench.fuzz_memory", str(cases)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    early, late = map(float, done.stdout.split())
    yield Figure(f"memory behind {cases // 10:,} cases", early, "MB")
    yield Figure(f"memory behind {cases:,} cases", late, "MB", late / early, "", most)


class _Watch:
    """What the process holds at a tenth of the cases, and at their end."""

    def __init__(self, first: int) -> None:
        self.early = 0.0
        self._first = first
        self._cases = 0

    def __call__(self, event: Happening) -> None:
        if isinstance(event, Counted):
            self._cases += event.cases
            if not self.early and self._cases >= self._first:
                self.early = resident()


def resident() -> float:
    """Megabytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_MB


def main(cases: int) -> None:
    """Run the campaign, and print both."""
    watch = _Watch(cases // 10)
    with tempfile.TemporaryDirectory() as folder, closing(open_target("reference")) as target:
        run(target, Settings(Path(folder) / "out", 1, cases=cases), watch)
        print(watch.early, resident())


if __name__ == "__main__":
    main(int(sys.argv[1]))
