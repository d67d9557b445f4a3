"""The sweep: a case for each number, found by arithmetic, and shuffled without a hole."""

from __future__ import annotations

from itertools import islice

import pytest

from tcpassay.fuzz.cases.octets import Ends, segment_octets
from tcpassay.fuzz.cases.steps import FLAWS, Send, Wait
from tcpassay.fuzz.playing.reach import STATES
from tcpassay.fuzz.sources.places import BASES, PLACES
from tcpassay.fuzz.sources.shuffle import Shuffle
from tcpassay.fuzz.sources.sweep import Share, Sweep


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 16, 17, 1_000, 4_097])
def test_a_shuffle_gives_each_number_once(size: int) -> None:
    """Each number below the size comes once, whatever the seed."""
    for seed in (0, 1):
        assert sorted(map(Shuffle(size, seed).at, range(size))) == list(range(size))


def test_a_shuffle_is_its_seeds() -> None:
    """One seed gives one order; another one gives another."""
    orders = [tuple(map(Shuffle(500, seed).at, range(500))) for seed in (7, 7, 8)]
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize("number", [-1, 10])
def test_a_shuffle_has_no_other_numbers(number: int) -> None:
    """A number that is not below the size is an IndexError."""
    with pytest.raises(IndexError):
        Shuffle(10, 0).at(number)


def test_every_state_is_a_place() -> None:
    """The sweep is in every state of RFC 9293, each place under a name of its own."""
    assert {place.state for place in PLACES} == set(STATES)
    assert len({place.name for place in PLACES}) == len(PLACES)


def test_single_edits_have_a_name_each() -> None:
    """Each single edit of each place and segment comes once, under a name of its own."""
    sweep = Sweep(3)
    names = {sweep.case(number).origin for number in range(sweep.singles)}
    assert len(names) == sweep.singles
    assert "sweep/ESTABLISHED/ACK seq=rcv.nxt-1" in names
    flags = [name for name in names if name.startswith("sweep/LISTEN/ACK flags=")]
    assert len(flags) >= 256
    for base in BASES:
        assert any(name.startswith(f"sweep/TIME-WAIT/{base} ") for name in names)
    for flaw in FLAWS:
        assert any(name.startswith(f"sweep/CLOSE-WAIT/text {flaw}=") for name in names)


def test_pairs_have_a_name_each() -> None:
    """Pairs of edits follow, each another one, to the last of them."""
    sweep = Sweep(3)
    assert sweep.total is not None
    first = range(sweep.singles, sweep.singles + 3_000)
    numbers = [*first, *range(sweep.total - 3_000, sweep.total)]
    assert len({sweep.case(number).origin for number in numbers}) == len(numbers)
    with pytest.raises(IndexError):
        sweep.case(sweep.total)


def test_a_short_run_sees_a_fair_sample() -> None:
    """Two thousand cases are in every state and edit every kind of segment."""
    sweep = Sweep(1)
    for start in (0, sweep.singles):
        origins = [sweep.case(number).origin for number in range(start, start + 2_000)]
        places = {origin.split("/")[1] for origin in origins}
        assert places == {place.name for place in PLACES}
        assert {text.split("/", 2)[2].split(" ")[0] for text in origins} >= BASES.keys()


def test_a_number_is_one_case() -> None:
    """The same seed and number give the same case, another seed another order."""
    one, same, other = Sweep(5), Sweep(5), Sweep(6)
    numbers = range(0, one.singles + 1_000, 997)
    assert [one.case(n) for n in numbers] == [same.case(n) for n in numbers]
    assert [one.case(n) for n in numbers] != [other.case(n) for n in numbers]


def test_only_the_patient_one_waits() -> None:
    """On a real clock no case waits; the patient variant lets 2 MSL pass in each."""
    for number in range(0, 40_000, 401):
        assert not any(isinstance(step, Wait) for step in Sweep(1).case(number).steps)
    waits = [step.ns for step in Sweep(1, patient=True).case(7).steps if isinstance(step, Wait)]
    assert sum(waits) > 2 * 120 * 10**9


def test_two_edits_share_a_segment_if_they_can() -> None:
    """Edits of two fields are on one segment, edits of one field on two."""
    sweep = Sweep(2)
    pairs = (sweep.case(number) for number in range(sweep.singles, sweep.singles + 20_000))
    one_field = {
        case.origin: sum(isinstance(step, Send) for step in case.steps)
        for case in islice((c for c in pairs if c.origin.startswith("sweep/CLOSED/RST ")), 40)
    }
    assert {2 + ("; RST " in origin) == count for origin, count in one_field.items()} == {True}


def test_every_segment_can_be_built() -> None:
    """No edit, and no pair of them, asks for a value that its field cannot hold."""
    sweep = Sweep(4)
    ends = Ends(("192.0.2.1", 80), ("192.0.2.2", 9_000), 1 << 31, 5)
    numbers = [*range(0, sweep.singles, 23), *range(sweep.singles, sweep.singles + 3_000)]
    for number in numbers:
        for step in sweep.case(number).steps:
            if isinstance(step, Send):
                assert segment_octets(step, ends)


def test_shares_read_well() -> None:
    """The console's words for what is done."""
    assert str(Share("single edits", 12_340, 80_460)) == "single edits 12,340 of 80,460"
    assert str(Share("pairs", 40_000, 40_000_000)) == "pairs 0.1 % of 40.0 M"
    sweep = Sweep()
    singles, pairs = sweep.shares(sweep.singles + 5)
    assert (singles.done, pairs.done) == (sweep.singles, 5)
    assert singles.total + pairs.total == sweep.total


def test_places_out_of_a_targets_reach_are_left_out() -> None:
    """Without simultaneous open no case needs one, and the numbers are without a hole."""
    whole, some = Sweep(1), Sweep(1, capabilities=frozenset({"active_open"}))
    assert some.total is not None
    assert some.singles < whole.singles
    for number in range(0, some.singles, 97):
        assert " simultaneous" not in some.case(number).origin
    assert some.case(some.total - 1)
    none = Sweep(1, capabilities=frozenset())
    assert all("connect" not in none.case(n).origin.split("/")[1] for n in range(0, 2_000, 7))
