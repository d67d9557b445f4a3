"""Streams without an end, known by place: the octet at any number is what it is."""

from __future__ import annotations

from random import Random

SIZE = 1 << 16
#: More than once round, so that a piece is one slice.
BLOCK = Random("contents").randbytes(SIZE) * 3


class Endless:
    """A stream whose octet at place n is fixed; places repeat after 2^16, as numbers do."""

    def __getitem__(self, key: slice) -> bytes:
        start = key.start & SIZE - 1
        return BLOCK[start : start + key.stop - key.start]


def at_number(number: int, count: int) -> bytes:
    """What the fuzzing peer sends at a sequence number."""
    start = number & SIZE - 1
    return BLOCK[start : start + count]
