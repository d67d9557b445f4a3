"""The tagged arguments of one call, taken by tag and checked for type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.errors import AgentFault
from tcpassay.targets.namespace import constants

if TYPE_CHECKING:
    from tcpassay.core.events import Call

_POLL_SET = "((fd, (event, ...)), ...)"


class Arguments:
    """Takes each argument once, the first of its tag first. Raises AgentFault when it is wrong."""

    __slots__ = ("_call", "_left")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._left = list(call.args)

    def has(self, tag: str) -> bool:
        """Whether an argument with this tag is left."""
        return any(name == tag for name, _ in self._left)

    def integer(self, tag: str, default: int | None = None) -> int:
        """An argument that is a whole number."""
        value = self._take(tag, default)
        if isinstance(value, int):
            return value
        raise self._wrong(tag, "a whole number")

    def octets(self) -> bytes:
        """The data."""
        value = self._take("octets", None)
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        raise self._wrong("octets", "bytes")

    def constant(self, default: int | None = None) -> int:
        """The number behind a name."""
        value = self._take("name", default)
        if isinstance(value, str):
            return constants.number(value)
        if isinstance(value, int):
            return value
        raise self._wrong("name", "the name of a constant")

    def name(self) -> str:
        """The name of a constant, as it is."""
        value = self._take("name", None)
        if isinstance(value, str):
            return value
        raise self._wrong("name", "the name of a constant")

    def option(self) -> str:
        """The name of a constant as it is, or the digits of a number in its place."""
        value = self._take("name", None)
        if isinstance(value, str | int):
            return str(value)
        raise self._wrong("name", "the name of a constant or a number")

    def flags(self) -> int:
        """Or-ed constants; 0 where the call has none."""
        value = self._take("flags", ())
        if isinstance(value, tuple | list):
            return constants.numbers(tuple(str(name) for name in value))
        raise self._wrong("flags", "a tuple of names of constants")

    def address(self) -> tuple[str, int]:
        """An IP socket address."""
        return self._pair_of("address", str, "(host, port)")

    def linger(self) -> tuple[int, int]:
        """A struct linger: on or off, seconds."""
        on, seconds = self._sequence("linger", "(onoff, seconds)")
        if isinstance(on, int) and isinstance(seconds, int):
            return int(on), seconds
        raise self._wrong("linger", "(onoff, seconds)")

    def descriptors(self) -> tuple[int, ...]:
        """One of select()'s sets."""
        return tuple(fd for fd in self._sequence("fds", "descriptors") if isinstance(fd, int))

    def poll_set(self) -> list[tuple[int, int]]:
        """Descriptors and the events that poll() is to watch on each."""
        wanted: list[tuple[int, int]] = []
        for pair in self._sequence("pollfds", _POLL_SET):
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise self._wrong("pollfds", _POLL_SET)
            fd, events = pair
            if not isinstance(fd, int) or not isinstance(events, tuple | list):
                raise self._wrong("pollfds", _POLL_SET)
            wanted.append((fd, constants.numbers(tuple(map(str, events)))))
        return wanted

    def _pair_of(self, tag: str, first: type[str], wanted: str) -> tuple[str, int]:
        values = self._sequence(tag, wanted)
        if len(values) == 2 and isinstance(values[0], first) and isinstance(values[1], int):
            return values[0], values[1]
        raise self._wrong(tag, wanted)

    def _sequence(self, tag: str, wanted: str) -> tuple[object, ...]:
        value = self._take(tag, None)
        if isinstance(value, tuple | list):
            return tuple(value)
        raise self._wrong(tag, wanted)

    def _take(self, tag: str, default: object) -> object:
        for index, (name, value) in enumerate(self._left):
            if name == tag:
                del self._left[index]
                return value
        if default is None:
            raise self._wrong(tag, "one more argument of that tag")
        return default

    def _wrong(self, tag: str, wanted: str) -> AgentFault:
        return AgentFault(
            f"call {self._call.id} {self._call.name}(): argument {tag!r}: wanted {wanted}, "
            f"got {self._call.args!r}"
        )
