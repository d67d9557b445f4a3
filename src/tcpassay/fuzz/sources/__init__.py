"""Where cases come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tcpassay.fuzz.cases.steps import FuzzCase

#: Cases of a stay: what one stack has to go through before it is looked at and let go.
STAY = 256


class Source(Protocol):
    """Cases by their numbers. The same number gives the same case.

    `total` is how many there are, None where there is no end of them.
    """

    @property
    def name(self) -> str: ...

    @property
    def total(self) -> int | None: ...

    def case(self, number: int) -> FuzzCase:
        """The case of a number from 0 on. Raises IndexError behind the last."""
        ...
