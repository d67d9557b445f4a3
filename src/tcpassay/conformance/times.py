"""Times as measured values show them: when something came, in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Arrival


def since(start_ns: int, arrivals: Iterable[Arrival]) -> list[float]:
    """Seconds from `start_ns` to each arrival."""
    return [(arrival.t_ns - start_ns) / NS_PER_S for arrival in arrivals]


def listed(times: Iterable[float], digits: int = 0) -> str:
    """Times in one line, with so many digits after the point."""
    return " ".join(f"{time:.{digits}f}" for time in times)


def patience(bench: Bench, virtual_s: float, real_s: float) -> float:
    """How long the peer looks on: where the clock is virtual it has all the time it wants."""
    return virtual_s if bench.virtual else real_s
