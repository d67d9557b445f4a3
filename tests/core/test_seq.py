"""Sequence numbers: the circle of RFC 9293, 3.4."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpassay.core.seq import HALF, MODULUS, Seq

numbers = st.integers(0, MODULUS - 1)
steps = st.integers(-(HALF - 1), HALF - 1)


@given(numbers, steps)
def test_distance_is_the_step_taken(start: int, step: int) -> None:
    assert (Seq(start) + step).distance(start) == step


@given(numbers, st.integers(1, HALF - 1))
def test_after_and_before_hold_across_the_wrap(start: int, step: int) -> None:
    later = Seq(start) + step
    assert later.after(start)
    assert Seq(start).before(later)
    assert not later.before(start)


@given(numbers, st.integers(0, MODULUS - 1), st.integers(0, MODULUS - 1))
def test_within_counts_octets_from_the_left_edge(left: int, offset: int, size: int) -> None:
    assert (Seq(left) + offset).within(left, size) is (offset < size)


def test_a_number_is_neither_before_nor_after_itself() -> None:
    assert not Seq(7).before(7)
    assert not Seq(7).after(7)


def test_subtraction_wraps() -> None:
    assert Seq(0) - 1 == MODULUS - 1


@pytest.mark.parametrize("operator", ["__lt__", "__le__", "__gt__", "__ge__"])
def test_order_operators_are_refused(operator: str) -> None:
    with pytest.raises(TypeError, match="before"):
        getattr(Seq(1), operator)(2)
