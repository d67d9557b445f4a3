"""The host table, text in the form of /etc/hosts: `address official-name alias ...  # remark`.

Lines without a name or with a malformed address are passed over, as C libraries do. Names are
compared without regard to case (RFC 1123, 2.1; RFC 4343). A look-up is a dictionary's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tcpref.names_address import from_strict


class HostLine(NamedTuple):
    """One line of the table; the address has four or sixteen octets."""

    address: bytes
    name: str
    aliases: tuple[str, ...]


class Hosts:
    """Lines by name and by address, each in the order of the table.

    The tables hold numbers of lines, and a line is taken apart again when it is asked for: that
    halves the time and memory of a large table.
    """

    __slots__ = ("_by_address", "_by_name", "_lines", "_several")

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._by_address: dict[bytes, int] = {}
        self._by_name: dict[str, int] = {}
        self._several: dict[str, list[int]] = {}  # Of names on more than one line.
        for number, line in enumerate(self._lines):
            words = words_of(line)
            address = from_strict(words[0]) if len(words) > 1 else None
            if address is not None:
                self._by_address.setdefault(address, number)
                self._add(words[1:], number)

    def _add(self, names: list[str], number: int) -> None:
        for name in names:
            key = name.lower()
            first = self._by_name.setdefault(key, number)
            if first != number:
                numbers = self._several.setdefault(key, [first])
                if numbers[-1] != number:
                    numbers.append(number)

    def named(self, name: str) -> tuple[HostLine, ...]:
        """Every line that has the name, as official one or as alias."""
        key = name.lower()
        first = self._by_name.get(key)
        if first is None:
            return ()
        return tuple(self._line(number) for number in self._several.get(key, (first,)))

    def at(self, address: bytes) -> HostLine | None:
        """The first line with the address."""
        number = self._by_address.get(address)
        return None if number is None else self._line(number)

    def _line(self, number: int) -> HostLine:
        words = words_of(self._lines[number])
        return HostLine(from_strict(words[0]) or b"", words[1], tuple(words[2:]))


def words_of(line: str) -> list[str]:
    """The words of a line before the remark."""
    return line.partition("#")[0].split()


def aliases_of(lines: Iterable[HostLine]) -> tuple[str, ...]:
    """The other names of the host that the first line names, each once, in order."""
    names = dict.fromkeys(name for line in lines for name in (line.name, *line.aliases))
    return tuple(names)[1:]
