"""What boofuzz takes for a connection: a case from open to close."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boofuzz.connections import ITargetConnection

from tcpassay.fuzz.boofuzz_front.relative import case_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.playing.stay import Ran


class Connection(ITargetConnection):
    """Plays each case whole when its segment is sent, as anything else that plays it would.

    boofuzz sends the node of the place first, then the rendering of the segment. `play` plays and
    judges the case that they make; `ran` is what came of it.
    """

    def __init__(self) -> None:
        self.play: Callable[[int, FuzzCase], Ran] | None = None
        self.ran: Ran | None = None
        self._there = False
        self._number, self._name = 0, ""

    @property
    def info(self) -> str:
        """What the log calls the connection."""
        return "a tuple of its own"

    def begins(self, number: int, name: str) -> None:
        """The next case: its number from 0, and what boofuzz calls it."""
        self._number, self._name = number, name

    def open(self) -> None:
        """A case begins: nothing is there yet."""
        self._there, self.ran = False, None

    def send(self, data: bytes) -> int:
        """The name of a place, then the segment that is sent there. Raises what playing raises."""
        if not self._there:
            self._there = True
        elif self.play is not None:
            self.ran = self.play(self._number, case_of(self._name, data))
        return len(data)

    def recv(self, max_bytes: int) -> bytes:
        """What the stack has sent last, for the log; empty for nothing."""
        entries = self.ran.entries if self.ran is not None else []
        for entry in reversed(entries):
            if entry.kind == "receive" and isinstance(entry.data, bytes):
                return entry.data[:max_bytes]
        return b""

    def close(self) -> None:
        """The case is over; playing has taken down what it had built up."""
