"""Values out of a JSON file, narrowed to the shape that is wanted; TypeError says what is there."""

from __future__ import annotations

#: A value as the json module reads and writes it.
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def whole_number(value: Json) -> int:
    """A number without a fraction; true and false are none."""
    if not isinstance(value, int) or isinstance(value, bool):
        msg = f"wanted a whole number, got {value!r:.60}"
        raise TypeError(msg)
    return value


def array(value: Json) -> list[Json]:
    """An array."""
    if not isinstance(value, list):
        msg = f"wanted an array, got {value!r:.60}"
        raise TypeError(msg)
    return value


def mapping(value: Json) -> dict[str, Json]:
    """An object."""
    if not isinstance(value, dict):
        msg = f"wanted an object, got {value!r:.60}"
        raise TypeError(msg)
    return value
