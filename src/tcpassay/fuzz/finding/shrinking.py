"""Delta debugging: of many things the few without which something no longer happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
Holds = Callable[[tuple[T, ...]], bool]


def shortest_beginning(items: tuple[T, ...], holds: Holds[T]) -> tuple[T, ...]:
    """The shortest beginning of `items` that holds, found by halving.

    `holds(items)` is taken for true and not asked. Where a longer beginning fails although a
    shorter one holds, the answer holds all the same and need not be the shortest.
    """
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if holds(items[:middle]):
            high = middle
        else:
            low = middle + 1
    return items[:high]


def fewest(items: tuple[T, ...], holds: Holds[T]) -> tuple[T, ...]:
    """A part of `items`, in their order, that holds and from which nothing can be left out.

    Leaves out halves, then quarters, and so on from the end, then one at a time until no one can
    go (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input"). `holds(items)`
    is taken for true and not asked.
    """
    size = max(1, len(items) // 2)
    while items:
        smaller = _without_chunks(items, holds, size)
        if size == 1 and smaller == items:
            break
        items = smaller
        size = max(1, min(size // 2, len(items) // 2))
    return items


def _without_chunks(items: tuple[T, ...], holds: Holds[T], size: int) -> tuple[T, ...]:
    """`items` without each chunk of `size` that may go, the last chunks first."""
    end = len(items)
    while end > 0:
        start = max(0, end - size)
        candidate = items[:start] + items[end:]
        if holds(candidate):
            items = candidate
        end = start
    return items


def least(values: Sequence[T], holds: Callable[[T], bool]) -> T | None:
    """The first of `values` that holds, None where none does."""
    return next((value for value in values if holds(value)), None)
