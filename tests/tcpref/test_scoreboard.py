"""The scoreboard of RFC 6675 against sets of numbers, across the turn of the sequence space."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tcpref import seq
from tcpref.scoreboard import DUP_THRESH, NOTHING_REPORTED, Scoreboard

FLIGHT = 60
MSS = 5

unas = st.sampled_from([0, 1_000, seq.MASK - 20, seq.MASK])
spans = st.lists(
    st.tuples(st.integers(-20, FLIGHT + 20), st.integers(-20, FLIGHT + 20)), max_size=8
)


def marked(una: int, reported: list[tuple[int, int]]) -> tuple[Scoreboard, set[int]]:
    """A board that has been told of spans, counted from SND.UNA; and the numbers it should hold."""
    board, held = Scoreboard(), set[int]()
    for left, right in reported:
        block = seq.add(una, left), seq.add(una, right)
        told = set(range(max(0, left), right)) if left < right <= FLIGHT else set()
        news = board.update([block], una, seq.add(una, FLIGHT))
        assert news == bool(told - held)
        held |= told
    return board, held


def numbers(board: Scoreboard, una: int) -> set[int]:
    """What a board holds, counted from SND.UNA; its blocks are sorted and apart."""
    found: list[int] = []
    end = -1
    for left, right in board.blocks:
        first, last = seq.distance(left, una), seq.distance(right, una)
        assert end < first < last
        end = last
        found += range(first, last)
    return set(found)


@given(unas, spans)
@examples(deadline=None)
def test_reports_are_kept(una: int, reported: list[tuple[int, int]]) -> None:
    """Any blocks; what lies within the flight is kept, once, and what is new is told."""
    board, held = marked(una, reported)
    assert numbers(board, una) == held


@given(unas, spans, st.integers(0, FLIGHT))
@examples(deadline=None)
def test_acknowledged_numbers_go(una: int, reported: list[tuple[int, int]], ahead: int) -> None:
    """SND.UNA moves; what is beyond stays."""
    board, held = marked(una, reported)
    board.acknowledge(seq.add(una, ahead))
    assert numbers(board, una) == {number for number in held if number >= ahead}


@given(unas, spans, st.integers(0, FLIGHT), st.integers(0, FLIGHT))
@examples(deadline=None)
def test_counts_and_holes(una: int, reported: list[tuple[int, int]], start: int, end: int) -> None:
    """Any range; what is reported in it, what is missing, and where the first hole is."""
    board, held = marked(una, reported)
    first, last = seq.add(una, start), seq.add(una, end)
    missing = [number for number in range(start, end) if number not in held]
    assert board.missing(first, last) == len(missing)
    hole = board.hole(first, last)
    if not missing:
        assert hole is None
        return
    stop = next((n for n in range(missing[0], end) if n in held), end)
    assert hole == (seq.add(una, missing[0]), seq.add(una, stop))


@given(unas, spans)
@examples(deadline=None)
def test_what_counts_as_lost(una: int, reported: list[tuple[int, int]]) -> None:
    """IsLost() as RFC 6675 has it, asked of every number that is missing."""
    board, held = marked(una, reported)
    edge = seq.distance(board.lost_below(una, MSS), una)
    for number in range(FLIGHT):
        above = [n for n in held if n > number]
        runs = sum(n - 1 not in held for n in above)
        lost = runs >= DUP_THRESH or len(above) > (DUP_THRESH - 1) * MSS
        assert number in held or (number < edge) == lost
    assert board.highest(una) == seq.add(una, max(held, default=-1) + 1)


def test_shared_board_stays_empty() -> None:
    """The board of all connections without reports."""
    assert NOTHING_REPORTED.blocks == []
    assert NOTHING_REPORTED.hole(5, 9) == (5, 9)
    assert NOTHING_REPORTED.missing(5, 9) == 4
    assert NOTHING_REPORTED.lost_below(5, MSS) == NOTHING_REPORTED.highest(5) == 5
