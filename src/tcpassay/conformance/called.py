"""Which functions of a stack in this process a case calls: a fault in any other cannot show in it.

A fault replaces functions, methods and properties. On a virtual clock a case takes the same way
each time, up to the first call of what was replaced; a case without such a call is not changed.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType


def code_of(value: object) -> CodeType | None:
    """What runs when a function, method or property is used; None where that cannot be told."""
    if isinstance(value, property):
        value = None if value.fset or value.fdel else value.fget
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    if hasattr(value, "__wrapped__"):
        return None
    code = getattr(value, "__code__", None)
    return code if isinstance(code, CodeType) else None


def calls_made(action: Callable[[], object], of: Iterable[CodeType]) -> frozenset[CodeType]:
    """Which of these are called while `action` runs in this thread; about 0.1 us a call."""
    wanted = frozenset(of)
    made: set[CodeType] = set()

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code in wanted:
            made.add(frame.f_code)

    earlier = sys.getprofile()
    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(earlier)
    return frozenset(made)
