"""Initial sequence numbers over many connections (RFC 9293, 3.4.1; RFC 6528)."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.rules.departure import Refusal

if TYPE_CHECKING:
    from tcpassay.model.oracle.oracle import FlowKey

#: The clock of RFC 9293, 3.4.1 ticks about every 4 microseconds.
TICK_NS = 4_000
#: A clock that is 64 times as fast has gone round after 274 s: beyond half of that nothing is told.
TOLD_NS = 120 * NS_PER_S
#: How many connections may look alike by chance: two in a row, in 2^32 / 64 of all runs.
ALIKE = 3


_PARTS = ("local address", "local port", "remote address", "remote port")


class InitialNumbers:
    """Every ISN that the target has picked, by tuple and by distance from the clock."""

    def __init__(self) -> None:
        self._last: dict[FlowKey, tuple[int, int]] = {}
        self._offsets: dict[int, set[FlowKey]] = {}
        self._numbers: dict[int, set[FlowKey]] = {}

    def picked(self, key: FlowKey, iss: int, now: int, earliest: int) -> Refusal | None:
        """What stands against one more, seen at `now` and picked no earlier than `earliest`."""
        wrong = self._again(key, iss, earliest) or self._apart(key, iss, now)
        wrong = wrong or self._alike(key, iss, now)
        if not self._lifted(key, iss, now):
            self._last[key] = iss, now
        return wrong

    def _lifted(self, key: FlowKey, iss: int, now: int) -> bool:
        """Whether a number has been lifted above those of a connection in TIME-WAIT (MAY-2).

        The next one comes from the clock again, which may not have caught up by then.
        """
        if key not in self._last:
            return False
        before, then = self._last[key]
        moved = (iss - before) & 0xFFFFFFFF
        return 64 * (64 + (now - then) // TICK_NS) < moved < 1 << 31

    def _again(self, key: FlowKey, iss: int, now: int) -> Refusal | None:
        """One tuple: the number moves with the clock."""
        if key not in self._last:
            return None
        before, then = self._last[key]
        ticks = (now - then) // TICK_NS
        if ticks < 64 or now - then > TOLD_NS:
            return None
        moved = (iss - before) & 0xFFFFFFFF
        if ticks <= 2 * moved < 1 << 32:
            return None
        why = f"an ISN {moved} above the last one of this tuple"
        return Refusal("RFC9293:MUST-8", why, f"about {ticks} above")

    def _apart(self, key: FlowKey, iss: int, now: int) -> Refusal | None:
        """Two tuples with one part that differs, at one moment: each part counts (RFC 6528, 3).

        All connections of a peer have another port of its own; `_alike` sees to those.
        """
        for other, (number, then) in self._last.items():
            same = number == iss and then == now and key[3] == other[3]
            if same and sum(map(operator.ne, key, other)) == 1:
                what = next(name for name, a, b in zip(_PARTS, key, other, strict=True) if a != b)
                why = f"two connections with ISN={iss} at one moment, and another {what}"
                return Refusal("RFC6528:3-FORMULA", why, "numbers that each part changes")
        return None

    def _alike(self, key: FlowKey, iss: int, now: int) -> Refusal | None:
        """Many tuples: neither one number for all, nor one offset that an outsider can tell."""
        same = self._numbers.setdefault(iss, set())
        same.add(key)
        near = self._offsets.setdefault(((iss - now // TICK_NS) & 0xFFFFFFFF) >> 6, set())
        near.add(key)
        if len(same) >= ALIKE or len(near) >= ALIKE:
            why = f"connections {ALIKE} times with ISN={iss} or at one distance from the clock"
            return Refusal("RFC9293:MUST-9", why, "an offset of its own for each pair of ends")
        return None
