"""Arguments of socket calls: pairs of a tag and a value, taken in order."""

from __future__ import annotations

from collections.abc import Sequence

from tcpref.errors import CallError

Tagged = tuple[str, object]
NO_NAMES: frozenset[str] = frozenset()


class Arguments:
    """The arguments of one call. A missing or ill-typed one fails the call with EINVAL."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Sequence[Tagged]) -> None:
        self._pairs = pairs

    def all(self, tag: str) -> list[object]:
        """Every value with this tag, in order."""
        return [value for name, value in self._pairs if name == tag]

    def first(self, tag: str, index: int = 0) -> object | None:
        """The value of the argument number `index` with this tag; None when absent."""
        for name, value in self._pairs:
            if name == tag:
                if index == 0:
                    return value
                index -= 1
        return None

    def number(self, tag: str, default: int | None = None) -> int:
        """An integer argument."""
        value = self.first(tag)
        if value is None and default is not None:
            return default
        if not isinstance(value, int):
            raise CallError("EINVAL")
        return value

    def descriptor(self) -> int:
        """The descriptor that the call is about."""
        value = self.first("fd")
        if not isinstance(value, int):
            raise CallError("EBADF")
        return value

    def name(self, index: int = 0) -> str:
        """The name of a constant; a number that stands in its place is the name of none."""
        value = self.first("name", index)
        if isinstance(value, int):
            return str(value)
        if not isinstance(value, str):
            raise CallError("EINVAL")
        return value

    def names(self, tag: str = "flags") -> frozenset[str]:
        """The names of or-ed constants; none when the argument is absent."""
        value = self.first(tag)
        if value is None or value == ():
            return NO_NAMES
        if not isinstance(value, (tuple, list)):
            raise CallError("EINVAL")
        return frozenset(map(str, value))

    def text(self, index: int = 0) -> str | None:
        """A string; None for a null pointer or when absent."""
        value = self.first("text", index)
        if value is not None and not isinstance(value, str):
            raise CallError("EINVAL")
        return value

    def size(self, index: int) -> int:
        """The length number `index`: octets, 0 or more."""
        value = self.first("length", index)
        if not isinstance(value, int) or value < 0:
            raise CallError("EINVAL")
        return value

    def octets(self) -> bytes:
        """The data of the call."""
        value = self.first("octets")
        if not isinstance(value, bytes):
            raise CallError("EINVAL")
        return value

    def pair(self, tag: str) -> tuple[object, object]:
        """An argument of two parts: an address, a struct linger."""
        value = self.first(tag)
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise CallError("EINVAL")
        return value[0], value[1]

    def numbers(self, tag: str, index: int) -> tuple[int, ...]:
        """A list of descriptors; empty when absent."""
        value = self.first(tag, index)
        if value is None:
            return ()
        if not isinstance(value, (tuple, list)) or not all(isinstance(n, int) for n in value):
            raise CallError("EINVAL")
        return tuple(value)
