"""Numbers as people write them in steps: sums of numbers, powers like 2^31, and names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tcpassay.core.toml_places import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

_TERM = re.compile(r"(\+?-?)(?:(2\^\d{1,2})|(\d[\d_]*)|([a-z][a-z.]*))")


class StepError(ValueError):
    """Text that is no step. The message says what was wanted and got, without a place."""


def number_of(text: str, names: Mapping[str, int] | None = None) -> int:
    """The value of a sum such as `2^31-1` or `rcv.nxt+10`. Raises StepError."""
    names = names or {}
    at = total = 0
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None or (at and not term[1]):
            break
        sign, power, digits, name = term.groups()
        if name is not None and name not in names:
            known = f"; known: {', '.join(names)}" if names else ""
            raise StepError(f"number {text!r} has the name {name!r}{nearest(name, names) or known}")
        value = 1 << int(power[2:]) if power else int(digits) if digits else names[name]
        total += -value if sign.endswith("-") else value
        at = term.end()
    if not text or at < len(text):
        raise StepError(f"number is {text!r}, wanted a sum such as 10, -1, 2^31-1 or rcv.nxt+10")
    return total
