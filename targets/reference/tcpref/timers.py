"""Timers as values: the stack never waits, it tells when it wants to be called again.

A heap holds at most one live entry a timer. Putting a timer off costs nothing: its entry stays
where it is and is moved when it comes to the top. Stopping one costs nothing either: whenever the
heap has doubled, what no longer runs is forgotten, so it never holds much more than what does.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from heapq import heapify, heappop, heappush

#: Entries below which the heap is left alone.
SMALLEST_ROOM = 64


class TimerKind(Enum):
    """What a timer is for."""

    RETRANSMISSION = "retransmission"
    PERSIST = "persist"
    DELAYED_ACK = "delayed-ack"
    LINGERING = "lingering"
    KEEPALIVE = "keep-alive"
    USER = "user"
    PATH_MTU = "path-mtu"
    DEFERRAL = "deferral"
    CALL = "call"
    FRAGMENTS = "fragments"


class Timer:
    """One timer: when it expires (nanoseconds), or None while it is stopped."""

    __slots__ = ("at", "kind", "owner", "queued")

    def __init__(self, kind: TimerKind, owner: object) -> None:
        self.kind = kind
        self.owner = owner
        self.at: int | None = None
        self.queued: int | None = None

    @property
    def running(self) -> bool:
        """Whether it will expire."""
        return self.at is not None

    def stop(self) -> None:
        """Let it not expire."""
        self.at = None


class TimerQueue:
    """All timers of a stack, by the time they expire; equal times keep the order of starting."""

    __slots__ = ("_count", "_heap", "_room")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Timer]] = []
        self._count = 0
        self._room = SMALLEST_ROOM

    def __len__(self) -> int:
        return len(self._heap)

    def start(self, timer: Timer, at: int) -> None:
        """Let `timer` expire at `at`, in place of any earlier setting."""
        timer.at = at
        if timer.queued is None or at < timer.queued:
            self._push(timer, at)

    def next_deadline(self) -> int | None:
        """When the first running timer expires; None when none runs."""
        while self._heap:
            at, _, timer = self._heap[0]
            if timer.queued == at and timer.at == at:
                return at
            heappop(self._heap)
            if timer.queued == at:
                timer.queued = None
                if timer.at is not None:
                    self._push(timer, timer.at)
        return None

    def due(self, now: int) -> Iterator[Timer]:
        """Each timer that has expired by `now`, stopped before it is handed out."""
        while (at := self.next_deadline()) is not None and at <= now:
            timer = heappop(self._heap)[2]
            timer.at = timer.queued = None
            yield timer

    def running(self) -> int:
        """How many timers run."""
        return len({id(timer) for _, _, timer in self._heap if timer.at is not None})

    def _forget_stopped(self) -> None:
        heap = []
        for entry in self._heap:
            at, _, timer = entry
            if timer.queued == at:
                if timer.running:
                    heap.append(entry)
                else:
                    timer.queued = None
        heapify(heap)
        self._heap = heap
        self._room = max(SMALLEST_ROOM, 2 * len(heap))

    def _push(self, timer: Timer, at: int) -> None:
        if len(self._heap) >= self._room:
            self._forget_stopped()
        self._count += 1
        timer.queued = at
        heappush(self._heap, (at, self._count, timer))
