"""Which stays are still to be played, and which of them may begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.campaign.stays_file import Progress
from tcpassay.fuzz.campaign.worker import Order
from tcpassay.fuzz.sources import STAY
from tcpassay.fuzz.sources.corpus import BEHIND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.fuzz.campaign.schedule import Schedule


class Orders:
    """Hands out the stays of a campaign up to its case `limit` (exclusive; None: all there are).

    A stay begins when all are over that it may know of.
    """

    def __init__(
        self, schedule: Schedule, progress: Sequence[Progress], limit: int | None = None
    ) -> None:
        self._schedule = schedule
        total = schedule.total
        self._limit = total if limit is None or (total is not None and total < limit) else limit
        self._begun = [
            Order(stay, self._last(stay), each)
            for stay, each in enumerate(progress)
            if each.cases < self._last(stay)
        ]
        self._begun.reverse()
        self._next = len(progress)
        self._open: set[int] = {order.stay for order in self._begun}

    def next(self) -> Order | None:
        """The next stay that may begin; None where there is none, or none yet."""
        if self._begun:
            return self._begun.pop()
        last = self._last(self._next)
        if last == 0 or (self._open and min(self._open) <= self._next - BEHIND):
            return None
        self._open.add(self._next)
        self._next += 1
        return Order(self._next - 1, last, Progress())

    def ended(self, stay: int) -> None:
        """A stay is over."""
        self._open.discard(stay)

    def _last(self, stay: int) -> int:
        if self._limit is None:
            return STAY
        return max(0, min(STAY, self._limit - stay * STAY))
