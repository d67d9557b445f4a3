"""Every datagram on a stack's link shown to a sink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from tcpassay.core.events import Datagram, Sent
from tcpassay.targets.bursts import one_by_one

if TYPE_CHECKING:
    from tcpassay.core.clock import ClockKind
    from tcpassay.core.events import Command, Outcome
    from tcpassay.targets.contract import Stack

#: As seen from the stack.
Direction = Literal["in", "out"]
#: Called with the stack's time in nanoseconds, the direction and the octets.
Sink = Callable[[int, Direction, bytes], None]


class Capture:
    """A stack whose datagrams are shown to `sink`, in the order in which they cross the link."""

    def __init__(self, stack: Stack, sink: Sink) -> None:
        self._stack = stack
        self._sink = sink

    @property
    def clock_kind(self) -> ClockKind:
        return self._stack.clock_kind

    def now_ns(self) -> int:
        return self._stack.now_ns()

    def execute(self, command: Command) -> Outcome:
        if type(command) is Datagram:
            self._sink(self._stack.now_ns(), "in", command.octets)
        outcome = self._stack.execute(command)
        for event in outcome.events:
            if type(event) is Sent:
                self._sink(event.t_ns, "out", event.octets)
        return outcome

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]:
        """A burst, command by command."""
        return one_by_one(self.execute, commands, into)

    def close(self) -> None:
        self._stack.close()
