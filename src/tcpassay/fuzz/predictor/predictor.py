"""The predictor: one pass over a case's entries, and what it makes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tcpassay.fuzz.predictor.application import Application
from tcpassay.fuzz.predictor.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.core.trace import Entry
    from tcpassay.model.oracle.limits import Limits

#: Entries that are only there once the stack has become idle after what stands before them.
_COMMANDS = frozenset(
    {"send", "call", "cancel", "advance", "read-state", "read-stats", "spawn", "kill", "expect"}
)


class Followed(NamedTuple):
    """What the predictor makes of a case.

    `accepted`: every answer was the expected one, to the end; else `at` is the number of the entry
    where it was not. `triples` are model state, input class and answer class of each segment and
    call that arrived, in order; behind a refusal they are a best effort.
    """

    accepted: bool
    at: int | None
    triples: list[tuple[str, str, str]]


class Predictor:
    """Follows cases one after the other; `addresses` are the target's own.

    What `follow` accepts, an `Oracle(addresses, limits)` has nothing against. `why` says in a few
    words why the last case was refused.
    """

    def __init__(self, addresses: tuple[str, ...], limits: Limits) -> None:
        self.why = ""
        self._wire = Wire(addresses, limits)
        self._application = application = Application(self._wire)
        # What an entry's data is follows from its kind, which no type can say.
        self._takes: dict[str, Callable[[Any, int, int], None]] = {
            "call": application.starts,
            "return": application.returns,
            "advance": self._wire.waits,
            "signal": application.signalled,
            "spawn": self._another_process,
            "kill": self._another_process,
            "exit": self._another_process,
        }

    def follow(self, entries: Sequence[Entry]) -> Followed:
        """Follow one case's entries, from its socket() to its end. Costs about 7 us an entry."""
        wire, application, takes = self._wire, self._application, self._takes
        arrives: Callable[[Any, int, int], None] = wire.arrives
        leaves: Callable[[Any, int, int], None] = wire.leaves
        wire.begins()
        application.begins()
        look = last = 0
        for n, now, kind, _, data in entries:
            if now >= look:
                look = wire.looks_at_timers(now, n)
            if kind == "receive":
                if now > last and now > wire.due_at:
                    wire.settle_before(now, n)
                leaves(data, now, n)
            else:
                if kind in _COMMANDS:
                    if now >= wire.due_at:
                        wire.settle(now + 1, n)
                    if application.signal:
                        application.idle(n)
                    touched = wire.touched
                    if touched is not None:
                        if touched.holds_back:
                            wire.moves_on(n)
                        wire.touched = None
                if kind == "send":
                    arrives(data, now, n)
                else:
                    take = takes.get(kind)
                    if take is not None:
                        take(data, now, n)
            last = now
        if entries:
            wire.ends(entries[-1])
        self.why = wire.why
        return Followed(wire.refused_at is None, wire.refused_at, wire.triples)

    def state(self, local: tuple[str, int], remote: tuple[str, int]) -> str:
        """Where a connection of the last case stands, by its two ends; CLOSED for no connection."""
        return self._wire.state(local, remote)

    def _another_process(self, _data: object, _now: int, n: int) -> None:
        self._wire.refuse(n, "another process")
