"""Sections of a document in the order in which they stand there."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(\d+)")


def place(section: str) -> list[tuple[int, str]]:
    """A key to sort by: numbers in a section's number are compared as numbers.

    What does not begin with one comes last, in the order that it has.
    """
    if not section[:1].isdigit():
        return [(1 << 30, "")]
    parts = _DIGITS.split(section)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts if part]
