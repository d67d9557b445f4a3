"""Clocks: one that stands until moved, one that runs."""

import pytest

from tcpassay.core.clock import RealClock, VirtualClock, seconds


def test_virtual_clock_stands_until_moved() -> None:
    clock = VirtualClock()
    clock.move_to(seconds(1.5))
    assert clock.now_ns() == 1_500_000_000


def test_virtual_clock_never_goes_back() -> None:
    clock = VirtualClock(10)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.move_to(9)


def test_real_clock_counts_from_its_making() -> None:
    clock = RealClock()
    first = clock.now_ns()
    assert 0 <= first <= clock.now_ns()
