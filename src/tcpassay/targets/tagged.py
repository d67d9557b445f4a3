"""Tagged values (`tcpassay.core.events`) to JSON and back: octets as hexadecimal text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from tcpassay.targets.protocol import ProtocolError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcpassay.core.events import Tagged


def to_json(pairs: Iterable[Tagged]) -> list[list[object]]:
    """JSON for arguments or results. Raises ProtocolError for a tag that does not exist."""
    encoded: list[list[object]] = []
    for tag, value in pairs:
        if tag not in _FROM_JSON:
            raise ProtocolError(f"tag {shown(tag)}, which version 1 lacks")
        encoded.append([tag, cast("bytes", value).hex() if tag == "octets" else value])
    return encoded


def from_json(items: object) -> tuple[Tagged, ...]:
    """Arguments or results from JSON. Raises ProtocolError for another shape than the tag's."""
    if not isinstance(items, list):
        raise ProtocolError(f"tagged values are {shown(items)}, wanted an array of [tag, value]")
    return tuple(_pair(item) for item in items)


def _pair(item: object) -> Tagged:
    if not (isinstance(item, list) and len(item) == 2 and isinstance(item[0], str)):
        raise ProtocolError(f"tagged value is {shown(item)}, wanted [tag, value]")
    tag, value = item
    convert = _FROM_JSON.get(tag)
    if convert is None:
        raise ProtocolError(f"tag {shown(tag)}, which version 1 lacks")
    try:
        return tag, convert(value)
    except (TypeError, ValueError):
        raise ProtocolError(f"{tag} is {shown(value)}, wanted {_WANTED[tag]}") from None


def whole(value: object) -> bool:
    """Whether a value from JSON is a whole number of 64 bits, with a sign or without."""
    return type(value) is int and -(1 << 63) <= value < 1 << 64


def _integer(value: object) -> int:
    if type(value) is not int or not whole(value):
        raise TypeError
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(item) for item in _list(value))


def _text_or_null(value: object) -> str | None:
    return None if value is None else _text(value)


def _list(value: object, size: int | None = None) -> list[object]:
    if not isinstance(value, list) or (size is not None and len(value) != size):
        raise TypeError
    return value


def _octets(value: object) -> bytes:
    return bytes.fromhex(_text(value))


def address(value: object) -> tuple[str, int]:
    """A socket address from JSON. Raises TypeError for another shape."""
    host, port = _list(value, 2)
    return _text(host), _integer(port)


def _pollfds(value: object) -> tuple[tuple[int, tuple[str, ...]], ...]:
    pairs = [_list(item, 2) for item in _list(value)]
    return tuple((_integer(fd), _texts(names)) for fd, names in pairs)


def _fds(value: object) -> tuple[int, ...]:
    return tuple(_integer(item) for item in _list(value))


def _linger(value: object) -> tuple[int, int]:
    onoff, seconds = _list(value, 2)
    return _integer(onoff), _integer(seconds)


def _state(value: object) -> dict[str, int | str]:
    if not isinstance(value, dict) or not all(isinstance(v, int | str) for v in value.values()):
        raise TypeError
    return value


_FROM_JSON: Final[dict[str, Callable[[object], object]]] = {
    "fd": _integer,
    "fds": _fds,
    "pollfds": _pollfds,
    "address": address,
    "flags": _texts,
    "name": _text,
    "text": _text_or_null,
    "texts": _texts,
    "octets": _octets,
    "length": _integer,
    "value": _integer,
    "linger": _linger,
    "timeout": _integer,
    "state": _state,
}

#: Tags whose values are numbers or names.
PLAIN: Final = frozenset({"fd", "length", "value", "name", "timeout"})

_WANTED: Final = {
    "fd": "a whole number",
    "fds": "an array of whole numbers",
    "pollfds": 'an array of [fd, ["POLLIN", ...]]',
    "address": '["192.0.2.1", 80]',
    "flags": "an array of names",
    "name": "a name",
    "text": "a text, or null",
    "texts": "an array of texts",
    "octets": "octets as hexadecimal text",
    "length": "a whole number",
    "value": "a whole number",
    "linger": "[onoff, seconds]",
    "timeout": "whole milliseconds",
    "state": "an object of numbers and texts",
}
