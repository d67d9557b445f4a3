"""A worse link around any stack: loss, duplication, reordering, delay; seeded, both ways."""

from __future__ import annotations

import heapq
import random
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.events import Advance, Datagram, Idle, Outcome, Sent
from tcpassay.targets.bursts import one_by_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.clock import ClockKind
    from tcpassay.core.events import Command, StackEvent
    from tcpassay.targets.contract import Stack
    from tcpassay.targets.wrappers.impairment import Impairment

#: How much longer a reordered datagram stays on the way, so that those behind overtake it.
REORDER_NS: Final = 5_000_000
#: A pause that ends a burst of losses: what filled a queue has left it by then.
BURST_PAUSE_NS: Final = 50_000_000


class _Waiting(NamedTuple):
    """A datagram on the way; `n` keeps those that are due together in order."""

    due_ns: int
    n: int
    inwards: bool
    octets: bytes


class Fates:
    """What became of the datagrams of one direction; one can be both late and doubled."""

    __slots__ = ("doubled", "late", "lost", "seen")

    def __init__(self) -> None:
        self.seen = self.lost = self.late = self.doubled = 0

    def __str__(self) -> str:
        return f"{self.seen} ({self.lost} lost, {self.late} late, {self.doubled} doubled)"


class Impair:
    """A stack behind a link that loses, doubles, holds back and delays.

    Each direction draws from a source of its own, so that the same seed and the same datagrams
    give the same fate whatever the other direction carries. What is due later waits until
    Advance reaches it; idle names the earliest such moment as a deadline. `seed` is the one that
    is used, `inwards` and `outwards` count what has happened to datagrams to and from the stack.
    """

    def __init__(self, stack: Stack, impairment: Impairment, seed: int = 0) -> None:
        self._stack = stack
        self._impairment = impairment
        self.seed = seed if impairment.seed is None else impairment.seed
        self.inwards = Fates()
        self.outwards = Fates()
        #: Whether the last datagram of a direction was lost, and when it came.
        self._last = {True: (False, 0), False: (False, 0)}
        self._chance = {way: random.Random(f"{self.seed}/{way}") for way in (True, False)}
        self._waiting: list[_Waiting] = []
        self._count = 0
        self._inner = Idle(stack.now_ns(), None, ())

    @property
    def clock_kind(self) -> ClockKind:
        return self._stack.clock_kind

    def now_ns(self) -> int:
        return self._stack.now_ns()

    def execute(self, command: Command) -> Outcome:
        if type(command) is Advance:
            return self._advance(command.until_ns)
        if type(command) is not Datagram:
            return self._seen(self._stack.execute(command))
        arriving = self._on_the_way(command.octets, self._stack.now_ns(), inwards=True)
        if not arriving:
            return self._seen(self._stack.execute(Advance(self._stack.now_ns())))
        events: list[StackEvent] = []
        for octets in arriving:
            events += self._seen(self._stack.execute(Datagram(octets))).events
        return Outcome(events, self._idle())

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]:
        """A burst, command by command."""
        return one_by_one(self.execute, commands, into)

    def close(self) -> None:
        self._stack.close()

    def _advance(self, until_ns: int) -> Outcome:
        while True:
            due = self._waiting[0].due_ns if self._waiting else until_ns
            outcome = self._seen(self._stack.execute(Advance(min(due, until_ns))))
            if outcome.events:
                return outcome
            now = outcome.idle.now_ns
            if self._waiting and self._waiting[0].due_ns <= now:
                outcome = self._deliver(now)
                if outcome.events:
                    return outcome
            elif now >= until_ns:
                return outcome

    def _deliver(self, now_ns: int) -> Outcome:
        """Let the datagram that is due arrive at its end."""
        arriving = heapq.heappop(self._waiting)
        if arriving.inwards:
            return self._seen(self._stack.execute(Datagram(arriving.octets)))
        events: list[StackEvent] = [Sent(now_ns, arriving.octets)]
        return Outcome(events, self._idle())

    def _seen(self, outcome: Outcome) -> Outcome:
        """What the peer gets of an outcome now; the rest of its datagrams is on the way or lost."""
        self._inner = outcome.idle
        events: list[StackEvent] = []
        for event in outcome.events:
            if type(event) is Sent:
                arrived = self._on_the_way(event.octets, event.t_ns, inwards=False)
                events += [Sent(event.t_ns, octets) for octets in arrived]
            else:
                events.append(event)
        return Outcome(events, self._idle())

    def _idle(self) -> Idle:
        """The stack's idle, with what is on the way among its deadlines."""
        idle = self._inner
        if not self._waiting:
            return idle
        due = self._waiting[0].due_ns
        deadline = idle.next_deadline_ns
        return idle._replace(next_deadline_ns=due if deadline is None else min(due, deadline))

    def _loses(self, drawn: float, now_ns: int, *, inwards: bool) -> bool:
        """Whether a datagram is lost. In bursts the last one's fate counts: a loss is the last of
        its run with a chance of 1 / burst, so that runs begin as seldom as the share asks for.
        """
        loss, burst = self._impairment.loss, self._impairment.burst
        if burst > 1 and loss < 1:
            losing, before = self._last[inwards]
            goes_on = losing and now_ns - before < BURST_PAUSE_NS
            loss = 1 - 1 / burst if goes_on else loss / (burst * (1 - loss))
        self._last[inwards] = drawn < loss, now_ns
        return drawn < loss

    def _on_the_way(self, octets: bytes, now_ns: int, *, inwards: bool) -> list[bytes]:
        """The copies that arrive at once; the others are put on the heap."""
        chance, impairment = self._chance[inwards].random, self._impairment
        fates = self.inwards if inwards else self.outwards
        lost, doubled, held = (chance() for _ in range(3))
        fates.seen += 1
        if self._loses(lost, now_ns, inwards=inwards):
            fates.lost += 1
            return []
        copies = 2 if doubled < impairment.dup else 1
        fates.doubled += copies - 1
        due = now_ns + impairment.delay_ns
        if held < impairment.reorder:
            fates.late += 1
            due += REORDER_NS
        if due <= now_ns:
            return [octets] * copies
        for _ in range(copies):
            self._count += 1
            heapq.heappush(self._waiting, _Waiting(due, self._count, inwards, octets))
        return []
