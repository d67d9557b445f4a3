"""The trace: the time-stamped list of everything that happened around a stack.

Recording is an append. Numbers are made relative, and names given to them, only when a trace is
written to a file (`tcpassay.wire.tracefile`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal[
    "send",  # peer to stack; data: bytes
    "receive",  # stack to peer; data: bytes
    "call",  # data: events.Call
    "return",  # data: events.Returned
    "cancel",  # data: int, the call
    "advance",  # data: int, until_ns
    "signal",  # data: events.Signalled
    "exit",  # data: events.Exited
    "log",  # data: str
    "read-state",  # data: events.ReadState
    "state",  # data: events.StateRead
    "read-stats",  # data: None
    "stats",  # data: events.StatsRead
    "spawn",  # data: events.Spawn
    "kill",  # data: events.Kill
    "expect",  # data: Judgement
    "measure",  # data: (name, number or text)
    "note",  # data: str
]


class FieldDiff(NamedTuple):
    """One line of a got/want table."""

    field: str
    got: str
    want: str


class Judgement(NamedTuple):
    """One expectation and what became of it.

    `what` names the expectation ("segment", "silence", "return", "blocked", "state", "value").
    `want` holds what was wanted, by field, in absolute numbers; `event` is the trace entry that
    met or broke it (None when nothing came). `requirement` decides the verdict when not met.
    """

    what: str
    want: dict[str, object]
    met: bool
    requirement: str
    event: int | None = None
    message: str = ""
    diff: tuple[FieldDiff, ...] = ()


class Entry(NamedTuple):
    """One thing that happened, at `t_ns` of the stack's clock; `n` counts from 0."""

    n: int
    t_ns: int
    kind: Kind
    process: int
    data: object


class Trace:
    """Entries in the order in which they were learned of.

    `case`, `target` and `seed` say where the trace comes from; `stack_address` tells the two
    directions of a datagram apart.
    """

    __slots__ = (
        "case",
        "entries",
        "ip",
        "own_process",
        "seed",
        "settings",
        "stack_addresses",
        "target",
    )

    def __init__(
        self,
        *,
        case: str = "",
        target: str = "",
        seed: int = 0,
        ip: int = 4,
        stack_addresses: tuple[str, ...] = (),
        settings: tuple[str, ...] = (),
        own_process: bool = False,
    ) -> None:
        self.entries: list[Entry] = []
        self.case = case
        self.target = target
        self.seed = seed
        self.ip = ip
        self.stack_addresses = stack_addresses
        self.settings = settings
        self.own_process = own_process

    def append(self, t_ns: int, kind: Kind, data: object, process: int = 0) -> Entry:
        """Record one thing and return it with its number."""
        entry = Entry(len(self.entries), t_ns, kind, process, data)
        self.entries.append(entry)
        return entry

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)
