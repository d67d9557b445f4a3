"""Two stacks joined back to back, on one virtual clock."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from tcpassay.core.errors import ConfigurationError, StackFault
from tcpassay.core.events import Advance, Datagram, Sent

if TYPE_CHECKING:
    from tcpassay.core.clock import ClockKind
    from tcpassay.core.events import Command, Idle, Outcome, StackEvent
    from tcpassay.targets.contract import Stack

Side = Literal["a", "b"]

#: Datagrams that may cross in one step; more go back and forth for ever.
MAX_CROSSINGS: Final = 100_000


class SideEvent(NamedTuple):
    """An event, and the stack it happened in."""

    side: Side
    event: StackEvent


class PipeOutcome(NamedTuple):
    """What a command led to on both sides, and both idle."""

    events: list[SideEvent]
    idle: dict[Side, Idle]


class Pipe:
    """The datagrams of each stack go to the other; all else that happens is told by side.

    The step contract holds with one difference: datagrams are carried rather than told (put a
    Capture around a stack to see them), so Advance stops at the first other event. Both clocks
    have to be virtual and stand alike.
    """

    clock_kind: ClockKind = "virtual"

    def __init__(self, a: Stack, b: Stack) -> None:
        """Raises ConfigurationError for clocks that cannot be moved together."""
        self._stacks: dict[Side, Stack] = {"a": a, "b": b}
        if a.clock_kind != "virtual" or b.clock_kind != "virtual" or a.now_ns() != b.now_ns():
            raise ConfigurationError(
                "a pipe joins two stacks with virtual clocks that stand alike, got "
                f"{a.clock_kind} at {a.now_ns()} ns and {b.clock_kind} at {b.now_ns()} ns"
            )
        self._events: list[SideEvent] = []
        self._crossing: deque[tuple[Side, bytes]] = deque()
        self._idle: dict[Side, Idle] = {}
        for side in self._stacks:
            self._give(side, Advance(a.now_ns()))

    def now_ns(self) -> int:
        """The common clock."""
        return min(stack.now_ns() for stack in self._stacks.values())

    def execute(self, command: Command, side: Side = "a") -> PipeOutcome:
        """Give one side a command, Advance to both; back when both are idle.

        Raises what the stacks raise; StackFault when datagrams never stop crossing.
        """
        if type(command) is Advance:
            self._advance(command.until_ns)
        else:
            self._give(side, command)
            self._carry()
        events, self._events = self._events, []
        return PipeOutcome(events, dict(self._idle))

    def close(self) -> None:
        """End both."""
        for stack in self._stacks.values():
            stack.close()

    def _advance(self, until_ns: int) -> None:
        self._carry()
        while not self._events:
            deadlines = [idle.next_deadline_ns for idle in self._idle.values()]
            moment = min([until_ns, *(each for each in deadlines if each is not None)])
            moment = max(moment, self.now_ns())
            for side in self._stacks:
                self._give(side, Advance(moment))
            self._carry()
            if self.now_ns() >= until_ns:
                return

    def _carry(self) -> None:
        """Deliver until nothing is on the way."""
        crossings = 0
        while self._crossing:
            crossings += 1
            if crossings > MAX_CROSSINGS:
                raise StackFault(
                    f"more than {MAX_CROSSINGS} datagrams went back and forth between two stacks "
                    f"at {self.now_ns()} ns without either becoming quiet"
                )
            side, octets = self._crossing.popleft()
            self._give(side, Datagram(octets))

    def _give(self, side: Side, command: Command) -> None:
        outcome: Outcome = self._stacks[side].execute(command)
        self._idle[side] = outcome.idle
        other: Side = "b" if side == "a" else "a"
        for event in outcome.events:
            if type(event) is Sent:
                self._crossing.append((other, event.octets))
            else:
                self._events.append(SideEvent(side, event))
