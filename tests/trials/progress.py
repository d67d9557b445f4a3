"""Long work tells how far it is: one line on standard error, a few times a minute."""

from __future__ import annotations

import sys
from time import monotonic

INTERVAL_S = 5.0


class Progress:
    """Counts towards a total. `extra` is added to the line as it stands then."""

    def __init__(self, what: str, total: int) -> None:
        self.what = what
        self.total = total
        self.done = 0
        self.started = self.told = monotonic()

    def add(self, count: int, extra: str = "") -> None:
        """So many more are done."""
        self.done += count
        now = monotonic()
        if now - self.told >= INTERVAL_S or self.done >= self.total:
            self.told = now
            rate = self.done / max(0.001, now - self.started)
            sys.stderr.write(f"{self.line(rate)}{extra}\n")

    def line(self, rate: float) -> str:
        """How far, how fast, and how long it will take still."""
        left = (self.total - self.done) / max(rate, 0.001)
        return f"{self.what}: {self.done:,} of {self.total:,}, {rate:,.0f}/s, {left:.0f} s left"
