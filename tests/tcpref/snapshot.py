"""The whole state of a stack as plain values, to hold two moments against each other."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING

from tcpref.settings import Settings
from tcpref.timers import Timer

if TYPE_CHECKING:
    from tcpref.assay import Assay

#: What is no state: the time, the heap of timers (its order is an accident), what is remembered to
#: be quick, the tables of names (read when first asked), and what has been put out already.
LEFT_OUT = frozenset(
    {
        "_full_below", "calls", "events", "expired_calls", "now", "resolver", "secret", "timers",
        "woken",
    }
)  # fmt: skip
PLAIN = (int, str, bytes, bool, float, type(None), Enum)


class Snapshot:
    """Walks objects once each; what it meets again it names by its number."""

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}
        self.kept: list[object] = []

    def of(self, value: object) -> object:
        """A value that compares equal as long as nothing in `value` has changed."""
        if isinstance(value, PLAIN):
            return value
        if isinstance(value, bytearray):
            return bytes(value)
        if isinstance(value, (list, tuple, deque)):
            return tuple(self.of(each) for each in value)
        if isinstance(value, (set, frozenset)):
            return frozenset(map(str, value)) if self.flat(value) else self.members(value)
        if isinstance(value, dict):
            return tuple((self.of(key), self.of(each)) for key, each in value.items())
        return self.of_object(value)

    def flat(self, values: set[object] | frozenset[object]) -> bool:
        """Whether the members can be told apart by themselves."""
        return all(isinstance(value, PLAIN) for value in values)

    def members(self, values: set[object] | frozenset[object]) -> object:
        """Members whose order means nothing, each walked in the order of its own look."""
        return tuple(self.of(each) for each in sorted(values, key=id))

    def of_object(self, value: object) -> object:
        """An object by its class and what it holds."""
        if isinstance(value, Timer):
            return ("timer", value.kind, value.at)
        if isinstance(value, Settings) or callable(value):
            return type(value).__name__
        if id(value) in self.seen:
            return ("again", self.seen[id(value)])
        self.seen[id(value)] = len(self.seen)
        self.kept.append(value)
        names = sorted(set(slots(value)) - LEFT_OUT)
        held = tuple((name, self.of(getattr(value, name))) for name in names)
        return (type(value).__name__, held)


def slots(value: object) -> list[str]:
    """The names of what an object holds."""
    names = list(getattr(value, "__dict__", ()))
    for each in type(value).__mro__:
        own = getattr(each, "__slots__", ())
        names.extend((own,) if isinstance(own, str) else own)
    return [name for name in names if hasattr(value, name)]


def digest(assay: Assay) -> object:
    """Sockets, bindings, connections, timers, buffers, processes and pending calls."""
    kernel, stack = assay.kernel, assay.stack
    running = stack.timers.running()
    return Snapshot().of((kernel.processes, list(kernel.pending), vars_of(stack), running))


def vars_of(stack: object) -> dict[str, object]:
    """What a stack holds, by name."""
    return {name: getattr(stack, name) for name in sorted(set(slots(stack)) - LEFT_OUT)}
