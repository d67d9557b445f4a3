"""Sequence numbers: integers modulo 2^32, compared by their place on the circle (RFC 9293, 3.4)."""

from __future__ import annotations

from typing import NoReturn, Self

MODULUS = 1 << 32
HALF = 1 << 31


class Seq(int):
    """A sequence number, 0 to 2^32 - 1.

    Adding or subtracting an int wraps. `a.distance(b)` is the signed way from b to a, in octets,
    -2^31 to 2^31 - 1. The order operators raise TypeError: `<` means nothing on a circle; use
    `before` and `after`.
    """

    __slots__ = ()

    def __new__(cls, value: int) -> Self:
        return super().__new__(cls, value % MODULUS)

    def __add__(self, other: int) -> Seq:
        return Seq(int(self) + int(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> Seq:
        return Seq(int(self) - int(other))

    def distance(self, other: int) -> int:
        """Octets from `other` to this number, negative when this one is before it."""
        return distance(self, other)

    def before(self, other: int) -> bool:
        """Whether this number precedes `other` (a number half the circle away does)."""
        return distance(self, other) < 0

    def after(self, other: int) -> bool:
        """Whether this number follows `other`."""
        return distance(self, other) > 0

    def within(self, left: int, size: int) -> bool:
        """Whether this number lies in the window of `size` octets that starts at `left`."""
        return (int(self) - int(left)) % MODULUS < size

    def _refuse(self, _other: object) -> NoReturn:
        msg = "sequence numbers have no order: use before(), after() or within()"
        raise TypeError(msg)

    __lt__ = __le__ = __gt__ = __ge__ = _refuse

    def __repr__(self) -> str:
        return f"Seq({int(self)})"


def distance(number: int, origin: int) -> int:
    """Octets from `origin` to `number` on the circle: -2^31 to 2^31 - 1."""
    return (int(number) - int(origin) + HALF) % MODULUS - HALF
