"""Time, in nanoseconds. Cases never read it: they ask the bench to wait."""

from __future__ import annotations

import time
from typing import Literal, Protocol

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000

ClockKind = Literal["virtual", "real"]


def seconds(value: float) -> int:
    """`value` seconds as whole nanoseconds."""
    return round(value * NS_PER_S)


class Clock(Protocol):
    """Where a stack's time stands. `kind` says whether somebody can move it."""

    @property
    def kind(self) -> ClockKind: ...

    def now_ns(self) -> int: ...


class VirtualClock:
    """Stands still until it is moved."""

    kind: ClockKind = "virtual"

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        return self._now_ns

    def move_to(self, when_ns: int) -> None:
        """Move to `when_ns`; raises ValueError for a moment already past."""
        if when_ns < self._now_ns:
            msg = f"the clock stands at {self._now_ns} ns and cannot go back to {when_ns} ns"
            raise ValueError(msg)
        self._now_ns = when_ns


class RealClock:
    """The system's monotonic clock, counted from the moment this object was made."""

    kind: ClockKind = "real"

    def __init__(self) -> None:
        self._origin_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        return time.monotonic_ns() - self._origin_ns

    def from_monotonic(self, monotonic_ns: int) -> int:
        """The reading of this clock at a moment of `time.monotonic_ns()`."""
        return monotonic_ns - self._origin_ns
