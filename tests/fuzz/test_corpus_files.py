"""The entries that come with the program, and how they are made."""

from __future__ import annotations

from random import Random

import pytest

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.load import cases_folder, load_cases
from tcpassay.conformance.plan import PlannedRun
from tcpassay.fuzz.cases.steps import Do, FuzzCase, Send
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.sources.corpus import Corpus, shipped_seeds
from tcpassay.fuzz.sources.sequence import Sequence
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tests.fuzz.steps_of_trace import steps_of


@pytest.fixture
def player() -> Player:
    """On a fresh reference stack."""
    target = open_target("reference")
    return Player(target.start(StackOptions(seed=1)), target.manifest, 1, 4)


def test_shipped_entries_play(player: Player) -> None:
    """Each of them on the reference stack; the stack answers, and no step is beyond the player."""
    seeds = shipped_seeds()
    assert len(seeds) > 50
    for entry in seeds:
        played = player.play(entry.case)
        assert played.fault is None
        assert any(each.kind == "receive" for each in player.trace.entries[played.first :])


def test_shipped_entries_are_of_many_states() -> None:
    """The states that they are kept under."""
    assert len({entry.state for entry in shipped_seeds()}) >= 8


def test_first_cases_are_made_of_them() -> None:
    """A source with the shipped entries alone; some of its cases are mutants of them."""
    corpus = Corpus(shipped_seeds())
    assert corpus.size > 50
    source = Sequence(1, corpus=corpus)
    cases = [source.case(number) for number in range(200)]
    assert sum(case.origin.endswith("/changed") for case in cases) > 25
    rng = Random(1)
    drawn = {entry.case.origin for _ in range(300) if (entry := corpus.one(rng.random))}
    assert len(drawn) > 40


@pytest.mark.parametrize(
    ("name", "segments"), [("sockets/recv/peek", 3), ("sockets/recv/would_block", 2)]
)
def test_trace_becomes_steps(player: Player, name: str, segments: int) -> None:
    """A case of the suite as steps; they lead to as many segments of the stack's, no fewer."""
    target = open_target("reference")
    catalogue = load_catalogue()
    cases = {case.id: case for case in load_cases(cases_folder() / "sockets" / "recv.py")}
    context = Context(target, target.version(), catalogue, Expectations(), 0, 20.0)
    _, trace = run_case(context, PlannedRun(cases[name], 4))
    steps = steps_of(trace)
    assert sum(isinstance(step, Send) for step in steps) >= segments
    assert isinstance(steps[0], Do)
    played = player.play(FuzzCase(steps))
    there = sum(entry.kind == "receive" for entry in trace)
    here = sum(entry.kind == "receive" for entry in player.trace.entries[played.first :])
    assert abs(here - there) <= 2
