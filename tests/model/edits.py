"""Editing recorded traces: segments and returns changed, dropped, repeated, moved, inserted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import seconds
from tcpassay.core.events import Returned
from tcpassay.core.trace import Entry, Kind, Trace
from tcpassay.wire import Segment, build, parse

if TYPE_CHECKING:
    from collections.abc import Callable

#: Entries before which a stack has become idle: what is due by then is late.
COMMANDS = frozenset({"send", "call", "advance", "expect", "read-state", "cancel", "kill"})


class Script:
    """The entries of a trace, to be edited; `faulty` is the one that breaks a rule."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self.entries = list(trace)
        self.faulty = self.entries[0]

    # -- finding ---------------------------------------------------------------------------------

    def place(self, note: str, kind: Kind, k: int = 0) -> int:
        """Where the entry number `k` of a kind stands behind a note."""
        entries = self.entries
        start = next(i for i, e in enumerate(entries) if (e.kind, e.data) == ("note", note))
        found = [i for i in range(start, len(entries)) if entries[i].kind == kind]
        return found[k]

    def segment(self, note: str, k: int = 0) -> int:
        """Where the target's segment number `k` behind a note stands."""
        return self.place(note, "receive", k)

    # -- editing ---------------------------------------------------------------------------------

    def change(self, at: int, edit: Callable[[Segment], Segment], *, strict: bool = True) -> None:
        """Another segment in place of the target's."""
        entry = self.entries[at]
        self.entries[at] = self.faulty = entry._replace(data=_edited(entry, edit))
        assert not strict or self.entries[at].data != entry.data

    def octets(self, at: int, edit: Callable[[bytearray], None]) -> None:
        """Single octets of the target's datagram changed."""
        data = bytearray(_bytes(self.entries[at]))
        edit(data)
        self.entries[at] = self.faulty = self.entries[at]._replace(data=bytes(data))

    def drop(self, at: int, after_s: float = 0.0) -> None:
        """The entry has not happened; it is missed at the first command `after_s` later."""
        gone = self.entries.pop(at)
        due = gone.t_ns + seconds(after_s)
        late = [e for e in self.entries[at:] if e.t_ns + (e.kind in COMMANDS) > due]
        self.faulty = late[0] if late else self.entries[-1]

    def insert(
        self, at: int, edit: Callable[[Segment], Segment] = lambda s: s, after_s: float = 0.0
    ) -> None:
        """A segment made from the target's one at `at`, `after_s` seconds behind it."""
        entry = self.entries[at]
        moved = entry._replace(t_ns=entry.t_ns + seconds(after_s), data=_edited(entry, edit))
        self._put(at + 1, moved)

    def delay(self, at: int, by_s: float) -> None:
        """The entry happens later."""
        entry = self.entries.pop(at)
        self._put(at, entry._replace(t_ns=entry.t_ns + seconds(by_s)))

    def _put(self, start: int, entry: Entry) -> None:
        i = start
        while i < len(self.entries) and self.entries[i].t_ns < entry.t_ns:
            i += 1
        self.entries.insert(i, entry)
        self.faulty = entry

    def returns(self, at: int, **changes: object) -> None:
        """A call returns something else."""
        entry = self.entries[at]
        assert isinstance(entry.data, Returned)
        data = entry.data._replace(**changes)  # type: ignore[arg-type]
        self.entries[at] = self.faulty = entry._replace(data=data)

    def add_return(self, at: int, t_s: float, **changes: object) -> None:
        """The return at `at` comes already behind the entry before, at `t_s` seconds."""
        entry = self.entries.pop(at)
        assert isinstance(entry.data, Returned)
        data = entry.data._replace(t_ns=seconds(t_s), **changes)  # type: ignore[arg-type]
        call = next(
            i
            for i, e in enumerate(self.entries)
            if e.kind == "call" and getattr(e.data, "id", None) == data.call
        )
        self._put(call + 1, entry._replace(t_ns=seconds(t_s), data=data))

    def add(self, at: int, kind: Kind, data: object) -> None:
        """Something more, right behind the entry at `at`."""
        entry = Entry(0, self.entries[at].t_ns, kind, 0, data)
        self.entries.insert(at + 1, entry)
        self.faulty = entry

    def cut(self, first: int, last: int) -> None:
        """Entries from `first` up to before `last` have not been."""
        del self.entries[first:last]

    # -- the result ------------------------------------------------------------------------------

    def trace(self) -> tuple[Trace, int]:
        """The edited trace, numbered anew, and the number of the faulty entry."""
        old = self._trace
        new = Trace(
            case=old.case,
            target=old.target,
            seed=old.seed,
            stack_addresses=old.stack_addresses,
            settings=old.settings,
        )
        n = next(i for i, e in enumerate(self.entries) if e is self.faulty)
        for entry in self.entries:
            new.append(entry.t_ns, entry.kind, entry.data, entry.process)
        return new, n


def _bytes(entry: Entry) -> bytes:
    assert isinstance(entry.data, bytes)
    return entry.data


def _edited(entry: Entry, edit: Callable[[Segment], Segment]) -> bytes:
    datagram = parse(_bytes(entry))
    assert isinstance(datagram.body, Segment)
    body = edit(datagram.body)
    return build(datagram._replace(body=body))
