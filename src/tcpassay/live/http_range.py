"""One range of a file, as a Range field asks for it (RFC 9110, 14)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)\Z", re.ASCII)


class Part(NamedTuple):
    """Octets of a file: from `first`, `length` of them."""

    first: int
    length: int


def asked_part(field: str | None, size: int) -> Part | None:
    """The part that a Range field asks for; None for the whole file.

    A field that is not understood, or that asks for several ranges, may be ignored (14.2). Raises
    ValueError for a range with nothing in it.
    """
    found = _RANGE.match(field.replace(" ", "")) if field else None
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        first = size - length
    else:
        first = int(found[1])
        last = min(int(found[2]), size - 1) if found[2] else size - 1
        if found[2] and int(found[2]) < first:
            return None
        length = last - first + 1
    if length <= 0:
        raise ValueError(f"nothing of {field!r} lies in {size} octets")
    return Part(first, length)
