"""Leaks: the stack's own counters, once everything is over, against those of the fresh stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.core.events import ReadStats, StatsRead
from tcpassay.fuzz.judges.signs import Sign
from tcpassay.fuzz.robustness import LETS_GO

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.targets.contract import Stack

#: Counters of what there is now; all others only ever rise.
LEVELS = frozenset(
    {"connections", "listeners", "timers", "queued_octets", "syn_queue", "accept_queue",
     "fragment_octets", "blocked_calls", "sockets", "rcv.queue", "snd.queue"}
)  # fmt: skip
#: On a real clock nobody waits for what ends by its time: states that no closed socket may be in.
OWNED = frozenset({"LISTEN", "ESTABLISHED", "CLOSE-WAIT", "SYN-SENT"})
#: Beyond 2 MSL: orphans of FIN-WAIT-2 and reassembly; then whatever keeps trying to be heard.
_WAITS_NS = (60 * NS_PER_S, 600 * NS_PER_S, 8_000 * NS_PER_S)


def levels(stack: Stack) -> dict[str, int]:
    """What there is now, by the stack's own words. Raises what the stack raises."""
    told = LEVELS if stack.clock_kind == "virtual" else OWNED
    for event in stack.execute(ReadStats()).events:
        if isinstance(event, StatsRead):
            return {name: number for name, number in event.numbers.items() if name in told}
    return {}


class Leaks:
    """Counters of one stack, from when it was fresh."""

    def __init__(self, stack: Stack, msl_s: float) -> None:
        self._stack = stack
        self._twice_msl_ns = int(2 * msl_s * NS_PER_S)
        self._fresh = levels(stack)

    def left(self, wait: Callable[[int], None]) -> list[Sign]:
        """What is still there when everything must be over. Everything has been reset and closed.

        On a virtual clock time passes for it as long as something is there.
        """
        over = self._over()
        if self._stack.clock_kind == "virtual":
            for ns in (self._twice_msl_ns, *_WAITS_NS):
                if not over:
                    break
                wait(ns)
                over = self._over()
        if not over:
            return []
        names = "+".join(sorted(over))
        what = ", ".join(
            f"{name} {number} (fresh: {self._fresh.get(name, 0)})"
            for name, number in sorted(over.items())
        )
        why = f"left behind when all was over: {what}"
        return [Sign("leak", LETS_GO, names, why, "nothing is left")]

    def _over(self) -> dict[str, int]:
        now = levels(self._stack)
        return {name: number for name, number in now.items() if number > self._fresh.get(name, 0)}
