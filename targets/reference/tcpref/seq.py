"""Sequence numbers: integers modulo 2^32 that stand on a circle (RFC 9293, 3.4).

`<` means nothing on a circle, so no comparison operator is ever used on a sequence number in this
package: `before` and `after` say which of two numbers comes first on the shorter way round.
"""

from __future__ import annotations

MASK = 0xFFFFFFFF
HALF = 0x80000000


def add(number: int, octets: int) -> int:
    """The number `octets` further on; `octets` may be negative."""
    return (number + octets) & MASK


def distance(number: int, origin: int) -> int:
    """Octets from `origin` to `number`: -2^31 to 2^31 - 1, negative when it lies before."""
    return ((number - origin + HALF) & MASK) - HALF


def before(number: int, other: int) -> bool:
    """Whether `number` precedes `other`; one half the circle away does."""
    return ((number - other) & MASK) >= HALF


def after(number: int, other: int) -> bool:
    """Whether `number` follows `other`."""
    return 0 < ((number - other) & MASK) < HALF


def within(number: int, left: int, size: int) -> bool:
    """Whether `number` is one of the `size` numbers that start at `left`."""
    return ((number - left) & MASK) < size
