"""Cases made of cases: they run, and the calls that open them stay."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tcpassay.fuzz.cases.steps import Do, FuzzCase, Send, Step
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.playing.reach import opened
from tcpassay.fuzz.sources import mutations
from tcpassay.fuzz.sources.generation import Profile, go_on
from tcpassay.fuzz.sources.mutations import LONGEST, mutant, opening
from tcpassay.fuzz.sources.sequence import Sequence
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tcpassay.wire import ACK

if TYPE_CHECKING:
    from tcpassay.fuzz.sources.book import Book
    from tcpassay.fuzz.sources.right import Draw

TEXT = tuple(Send(0, ACK, 1 + 10 * k, 1, data=10) for k in range(4))


def _go_on(book: Book, steps: int, draw: Draw) -> None:
    go_on(book, steps, Profile(), draw)


def _mutants(count: int) -> list[tuple[FuzzCase, list[Step]]]:
    """Parents and mutants, each mutant the parent of the next but a fresh case now and then."""
    source, rng = Sequence(1), Random(1)
    parent, made = source.case(0), []
    for number in range(count):
        other = source.case(number)
        steps = mutant(parent.steps, other.steps, _go_on, rng.random)
        made.append((parent, steps))
        parent = other if number % 10 == 0 else parent._replace(steps=tuple(steps))
    return made


def test_opening_calls_stay() -> None:
    """2,000 mutants: the calls at the beginning are those of the parent, but for a backlog."""
    for parent, steps in _mutants(2_000):
        first = opening(parent.steps)
        calls = [step.call for step in parent.steps[:first] if isinstance(step, Do)]
        kept = [step.call for step in steps if isinstance(step, Do)]
        assert kept[: len(calls)] == calls or calls == kept[3 : 3 + len(calls)]
        assert len(steps) <= LONGEST


def test_mutants_run() -> None:
    """250 mutants on the reference stack; nothing is wrong with the player."""
    target = open_target("reference")
    player = Player(target.start(StackOptions(seed=1)), target.manifest, 1, 4)
    for parent, steps in _mutants(250):
        assert player.play(parent._replace(steps=tuple(steps))).fault is None


def _draws(*values: float) -> Draw:
    """These numbers, then 0.5."""
    left = list(values)
    return lambda: left.pop(0) if left else 0.5


def test_what_follows_an_insertion_moves() -> None:
    """Text put in between two segments: the second one keeps its place behind it."""
    steps = (*opened().steps, *TEXT)

    def more(book: Book, count: int, draw: Draw) -> None:
        del count, draw
        book.add(Send(0, ACK, 21, 1, data=7))

    at = (len(steps) - 2 - opening(steps)) / (len(steps) - opening(steps))
    made = mutations.inserted(steps, more, _draws(at))
    assert [step.seq for step in made if isinstance(step, Send)][-3:] == [21, 28, 38]


def test_what_follows_a_gap_moves_up() -> None:
    """A segment left out: the next ones take its place."""
    steps = [*opened().steps, *TEXT]
    first = len(steps) - 3
    mutations.leave_out(steps, first, _draws(0.0, 0.0, 0.0))
    assert [step.seq for step in steps if isinstance(step, Send)][-2:] == [11, 21]


def test_end_of_another_case_fits() -> None:
    """Two cases of one kind spliced: the text goes on without a gap."""
    one = (*opened().steps, *TEXT)
    two = (*opened().steps, Send(0, ACK, 1, 1, data=1_000), Send(0, ACK, 1_001, 1, data=5))
    place = (len(one) - 1 - opening(one)) / (len(one) - opening(one))
    other = (len(two) - 1 - opening(two)) / (len(two) - opening(two))
    made = mutations.spliced(one, two, _draws(place, other))
    assert [step.seq for step in made if isinstance(step, Send)][-2:] == [21, 31]


@pytest.mark.parametrize("each", mutations.SHARES)
def test_change_of_a_short_case(each: mutations.Change) -> None:
    """Each change on cases of nothing but their opening, or of one step more."""
    for steps in (list(opened().steps), list(opened().steps[:3]), list(opened().steps[:4]), []):
        before = list(steps)
        rng = Random(3)
        for _ in range(50):
            each(steps, opening(steps), rng.random)
        assert opening(before) <= len(steps)
