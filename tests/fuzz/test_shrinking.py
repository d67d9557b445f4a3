"""Delta debugging by itself: what comes out still holds, and nothing of it can go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tcpassay.fuzz.finding.shrinking import fewest, least, shortest_beginning

_ITEMS = st.lists(st.integers(0, 50), max_size=30, unique=True).map(tuple)


@given(_ITEMS, st.data())
def test_fewest_of_a_needed_part(items: tuple[int, ...], data: st.DataObject) -> None:
    """A part that is needed; that part, in its order."""
    needed = data.draw(st.sets(st.sampled_from(items))) if items else set()
    found = fewest(items, lambda some: needed <= set(some))
    assert found == tuple(item for item in items if item in needed)


@given(_ITEMS, st.sets(st.frozensets(st.integers(0, 50), max_size=4), min_size=1, max_size=4))
def test_fewest_is_one_minimal(items: tuple[int, ...], reasons: set[frozenset[int]]) -> None:
    """Any of several reasons, as odd as they come; what is left holds and no single item can go."""

    def holds(some: tuple[int, ...]) -> bool:
        return some == items or any(
            reason <= set(some) and (len(some) + len(reason)) % 3 for reason in reasons
        )

    found = fewest(items, holds)
    assert holds(found)
    assert not any(
        holds(found[:at] + found[at + 1 :]) for at in range(len(found)) if len(found) <= len(items)
    )


@given(_ITEMS, st.data())
def test_shortest_beginning(items: tuple[int, ...], data: st.DataObject) -> None:
    """What happens from some item on; the beginning up to it, in as many questions as halving."""
    size = data.draw(st.integers(0, len(items)))
    asked: list[int] = []

    def holds(some: tuple[int, ...]) -> bool:
        asked.append(len(some))
        return len(some) >= size

    assert shortest_beginning(items, holds) == items[:size]
    assert len(asked) <= len(items).bit_length()


def test_fewest_of_one_and_none() -> None:
    """One item that need not be, and none; nothing."""
    assert fewest((1,), lambda _: True) == ()
    assert fewest((), lambda _: True) == ()
    assert fewest((1,), lambda some: some == (1,)) == (1,)


def test_least() -> None:
    """The first that holds, else None."""
    assert least([3, 4, 5], lambda value: value > 3) == 4
    assert least([1], lambda value: value > 3) is None
