"""Which source a case comes from: shares, ends, any order, and no case twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tcpassay.fuzz.campaign.orders import Orders
from tcpassay.fuzz.campaign.schedule import Schedule, Share
from tcpassay.fuzz.campaign.stays_file import Progress
from tcpassay.fuzz.cases.steps import FuzzCase
from tcpassay.fuzz.sources import STAY
from tcpassay.fuzz.sources.corpus import BEHIND

if TYPE_CHECKING:
    from collections.abc import Iterator


class Numbers:
    """A source whose cases say which they are."""

    def __init__(self, name: str, total: int | None) -> None:
        self.name = name
        self.total = total

    def case(self, number: int) -> FuzzCase:
        if self.total is not None and not 0 <= number < self.total:
            raise IndexError(number)
        return FuzzCase((), f"{self.name} {number}")


def _schedule(*totals: tuple[str, int | None, int]) -> Schedule:
    return Schedule([Share(Numbers(name, total), weight) for name, total, weight in totals])


def _origins(schedule: Schedule, stays: int) -> Iterator[str]:
    for stay in range(stays):
        for _, _, case in schedule.cases(stay):
            yield case.origin


def test_shares() -> None:
    """Weights 3 and 1 of endless and long sources; three cases of four are the first's."""
    schedule = _schedule(("a", None, 3), ("b", 10_000, 1))
    counts = Counter(origin.split()[0] for origin in _origins(schedule, 4))
    assert counts == {"a": 3 * STAY, "b": STAY}


def test_each_case_once() -> None:
    """Sources with an end; every case of each, in order, and then nothing."""
    schedule = _schedule(("a", 700, 2), ("b", 45, 1), ("c", 301, 1))
    origins = list(_origins(schedule, 8))
    assert schedule.total == len(origins) == 700 + 45 + 301
    for name, total in (("a", 700), ("b", 45), ("c", 301)):
        own = [origin for origin in origins if origin.startswith(name)]
        assert own == [f"{name} {number}" for number in range(total)]


def test_any_order() -> None:
    """Stays and cases asked for forwards, backwards and alone; the same cases."""
    schedule, other = (_schedule(("a", 900, 2), ("b", None, 1)) for _ in range(2))
    forwards = [[case for _, _, case in schedule.cases(stay)] for stay in range(90)]
    backwards = [[case for _, _, case in other.cases(stay)] for stay in reversed(range(90))]
    assert forwards == backwards[::-1]
    for number in (0, 255, 256, 1_000, 22_000):
        assert schedule.case(number) == forwards[number // STAY][number % STAY]


def test_an_endless_source_has_the_campaigns_numbers() -> None:
    """What a guided source may know hangs on the stay; it is asked for the campaign's numbers."""
    schedule = _schedule(("a", 900, 1), ("b", None, 1))
    for stay in range(3):
        for number, place, case in schedule.cases(stay):
            if place == 1:
                assert case.origin == f"b {number}"


def test_behind_the_last() -> None:
    """A number behind the last case; IndexError."""
    schedule = _schedule(("a", 300, 1))
    assert schedule.case(299).origin == "a 299"
    with pytest.raises(IndexError):
        schedule.case(300)


def test_part_of_a_stay() -> None:
    """A stay from its hundredth case on, and what its first hundred consist of."""
    schedule = _schedule(("a", 900, 1), ("b", None, 1))
    whole = list(schedule.cases(1))
    assert list(schedule.cases(1, 100)) == whole[100:]
    places = Counter(place for _, place, _ in whole[:100])
    assert schedule.counts(1, 100) == [places[0], places[1]]


def test_orders_go_on_where_stays_are() -> None:
    """Progress of a campaign that was stopped; what has begun first, then new ones."""
    schedule = _schedule(("a", None, 1))
    progress = [Progress(STAY, over=True), Progress(7), Progress(STAY, over=True), Progress()]
    orders = Orders(schedule, progress, 4 * STAY + 10)
    handed = [(order.stay, order.before.cases, order.last) for order in iter(orders.next, None)]
    assert handed == [(1, 7, STAY), (3, 0, STAY), (4, 0, 10)]


def test_a_stay_waits_for_those_that_it_may_know_of() -> None:
    """A stay that never ends; none begins that would know of what it finds."""
    orders = Orders(_schedule(("a", None, 1)), [])
    handed = []
    while (order := orders.next()) is not None:
        handed.append(order.stay)
        if order.stay != 3:
            orders.ended(order.stay)
    assert handed == list(range(3 + BEHIND))
    orders.ended(3)
    following = orders.next()
    assert following is not None
    assert following.stay == 3 + BEHIND
