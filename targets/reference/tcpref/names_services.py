"""The services table, text in the form of /etc/services: `name port/protocol alias ...  # remark`.

Malformed lines are passed over. Names of services differ by case (POSIX, getservbyname()). Of
several lines that answer a question the first one does.
"""

from __future__ import annotations

from typing import NamedTuple

#: The protocol of a question that any protocol answers.
ANY = ""
MAX_PORT = 0xFFFF


class Service(NamedTuple):
    """One service over one protocol; the port in host order."""

    name: str
    aliases: tuple[str, ...]
    port: int
    protocol: str


class Services:
    """Services by name and by port, each with a protocol or ANY."""

    __slots__ = ("_by_name", "_by_port")

    def __init__(self, text: str) -> None:
        self._by_name: dict[tuple[str, str], Service] = {}
        self._by_port: dict[tuple[int, str], Service] = {}
        for line in text.split("\n"):
            words = line.partition("#")[0].split()
            if len(words) > 1:
                self._add(words)

    def _add(self, words: list[str]) -> None:
        port, _, protocol = words[1].partition("/")
        number = port_number(port)
        if number is None or not protocol:
            return
        service = Service(words[0], tuple(words[2:]), number, protocol)
        for key in (protocol, ANY):
            self._by_port.setdefault((number, key), service)
            for name in (service.name, *service.aliases):
                self._by_name.setdefault((name, key), service)

    def named(self, name: str, protocol: str = ANY) -> Service | None:
        """The service of this name or alias."""
        return self._by_name.get((name, protocol))

    def at(self, port: int, protocol: str = ANY) -> Service | None:
        """The service at this port."""
        return self._by_port.get((port, protocol))


def is_decimal(text: str) -> bool:
    """Whether the text is a decimal number, whatever its size."""
    return text.isascii() and text.isdigit()


def port_number(text: str) -> int | None:
    """A port in decimal; None for anything else, 65536 and above among it."""
    digits = text.lstrip("0") or "0"
    if not is_decimal(text) or len(digits) > 5:
        return None
    number = int(digits)
    return number if number <= MAX_PORT else None
