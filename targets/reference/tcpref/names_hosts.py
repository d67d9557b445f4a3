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
    """Host lines by name and by address, each in the order of the table."""

    __slots__ = ("_by_address", "_by_name")

    def __init__(self, text: str) -> None:
        self._by_name: dict[str, list[HostLine]] = {}
        self._by_address: dict[bytes, HostLine] = {}
        for line in text.split("\n"):
            words = line.partition("#")[0].split()
            if len(words) > 1:
                self._add(words)

    def _add(self, words: list[str]) -> None:
        address = from_strict(words[0])
        if address is None:
            return
        line = HostLine(address, words[1], tuple(words[2:]))
        self._by_address.setdefault(address, line)
        for name in dict.fromkeys(word.lower() for word in words[1:]):
            self._by_name.setdefault(name, []).append(line)

    def named(self, name: str) -> tuple[HostLine, ...]:
        """Every line that has the name, as official one or as alias."""
        return tuple(self._by_name.get(name.lower(), ()))

    def at(self, address: bytes) -> HostLine | None:
        """The first line with the address."""
        return self._by_address.get(address)


def aliases_of(lines: Iterable[HostLine]) -> tuple[str, ...]:
    """The other names of the host that the first line names, each once, in order."""
    names = dict.fromkeys(name for line in lines for name in (line.name, *line.aliases))
    return tuple(names)[1:]
