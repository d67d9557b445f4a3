"""What counts as new, and what a corpus makes of it."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpassay.core.errors import ConfigurationError
from tcpassay.fuzz.cases.steps import FuzzCase
from tcpassay.fuzz.playing.reach import opened
from tcpassay.fuzz.sources import STAY
from tcpassay.fuzz.sources.corpus import BEHIND, Corpus
from tcpassay.fuzz.sources.entries import Entry, News, Triple, read_entries
from tcpassay.fuzz.sources.guidance import CLASSES, Coverage, Guidance, _difference
from tcpassay.fuzz.sources.sequence import Sequence

if TYPE_CHECKING:
    from pathlib import Path

ONE: Triple = ("ESTABLISHED", "ACK", "none")
TWO: Triple = ("ESTABLISHED", "FIN,ACK", "ACK")
CASE = FuzzCase(opened().steps, "here")


def _entry(number: int, *triples: Triple) -> Entry:
    return Entry(number, CASE, News(triples), triples[-1][0])


# -- news ------------------------------------------------------------------------------------------


def test_triple_is_new_once_a_stay() -> None:
    """The same triples twice in a stay, then in another one that knows of nothing."""
    guidance = Guidance()
    guidance.begins()
    known = Coverage()
    assert guidance.news(known, [ONE, TWO]).triples == (ONE, TWO)
    assert not guidance.news(known, [ONE, TWO])
    guidance.begins()
    assert guidance.news(known, [ONE, TWO]).triples == (ONE, TWO)


def test_order_is_new() -> None:
    """Triples that are known, one behind the other in another order."""
    guidance = Guidance()
    guidance.begins()
    known = Coverage()
    guidance.news(known, [ONE, TWO])
    new = guidance.news(known, [TWO, ONE])
    assert new.pairs
    assert not new.triples


def test_what_is_known_is_not_new() -> None:
    """A coverage that has had the news added to it."""
    guidance, known = Guidance(), Coverage()
    guidance.begins()
    new = guidance.news(known, [ONE, TWO], b"\1\0\5", {("stack.py", 3)})
    assert new.edges == (0, 16 + 3)
    assert new.lines == (("stack.py", 3),)
    known.add(new)
    assert not known.lacks(new)
    guidance.begins()
    assert not guidance.news(known, [ONE, TWO], b"\1\0\5", {("stack.py", 3)})


def test_counts_are_of_the_case() -> None:
    """Counters that go on from case to case, past 255; only what a case adds is looked at."""
    guidance, known = Guidance(), Coverage()
    guidance.begins()
    assert guidance.news(known, [], b"\xff\0").edges == (7,)
    assert guidance.news(known, [], b"\0\0").edges == (0,)
    assert guidance.news(known, [], b"\1\1").edges == (8,)
    assert guidance.news(known, [], b"\3\1").edges == (1,)
    assert not guidance.news(known, [], b"\5\1")


def test_counters_of_a_fresh_stack() -> None:
    """A stack started in the midst of a stay counts from 0."""
    guidance, known = Guidance(), Coverage()
    guidance.begins()
    guidance.news(known, [], b"\x02")
    guidance.restarted()
    assert not guidance.news(known, [], b"\x02")


@given(st.binary(min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_difference_is_octet_by_octet(before: bytes, rng: Random) -> None:
    """Any two strings of the same size."""
    now = rng.randbytes(len(before))
    wanted = bytes((a - b) & 0xFF for a, b in zip(now, before, strict=True))
    assert _difference(now, before) == wanted


def test_classes_grow_with_the_count() -> None:
    """A bit for each class, none for no count."""
    assert CLASSES[0] == 0
    assert [CLASSES[n] for n in (1, 2, 3, 4, 8, 16, 32, 128)] == [1 << k for k in range(8)]
    assert list(CLASSES) == sorted(CLASSES)


# -- the corpus ------------------------------------------------------------------------------------


def test_entry_is_known_of_sixteen_stays_later() -> None:
    """An entry of stay 2."""
    corpus = Corpus()
    corpus.admit([_entry(2 * STAY, ONE)])
    assert corpus.at(2 + BEHIND - 1).size == 0
    assert corpus.at(2 + BEHIND).size == 1
    assert not corpus.known.lacks(News((ONE,))).triples


def test_same_news_twice_is_one_entry() -> None:
    """Two stays beside each other have found the same; the first counts."""
    corpus = Corpus()
    corpus.admit([_entry(300, ONE)])
    corpus.admit([_entry(7, ONE)])
    assert corpus.at(40).size == 1


def test_what_comes_of_stays_before_is_no_news() -> None:
    """Stay 3 has found what stay 1 has: it would not be kept, and is not told of."""
    source = Sequence(5, corpus=Corpus())
    source.admit(source.ran(STAY, CASE, [ONE]))
    assert source.ran(3 * STAY, CASE, [ONE, TWO])[0].new.triples == (TWO,)
    assert not source.ran(3 * STAY + 1, CASE, [ONE])


def test_what_comes_of_later_stays_is_news() -> None:
    """Stay 3 has been told of by another process; stay 1 has found the same, and counts."""
    source = Sequence(5, corpus=Corpus())
    source.admit([_entry(3 * STAY, ONE)])
    assert source.ran(STAY, CASE, [ONE])[0].new.triples == (ONE,)


def test_state_of_an_entry_does_not_hang_on_who_was_first_to_tell() -> None:
    """Two triples are new, one of them was found by an earlier stay as well: kept by the other."""
    three: Triple = ("CLOSE-WAIT", "ACK", "ACK")
    kept = []
    for told in (News((ONE, three)), News((ONE,))):
        corpus = Corpus()
        corpus.admit([_entry(1, three), Entry(300, CASE, told, "CLOSED")])
        kept.append([corpus.at(40).one(Random(draw).random) for draw in range(40)])
    assert kept[0] == kept[1]
    assert {entry.state for entry in kept[0] if entry} == {"CLOSE-WAIT", "ESTABLISHED"}


def test_file_is_taken_in_as_it_is_read() -> None:
    """What every stay to come may know of need not wait for the first of them."""
    entries = [_entry(stay * STAY, ("ESTABLISHED", str(stay), "none")) for stay in range(300)]
    at_once, bit_by_bit = Corpus(), Corpus()
    at_once.admit(entries)
    for entry in entries:
        bit_by_bit.admit([entry])
        bit_by_bit.settles(min(entry.number // STAY, 250) - BEHIND)
    assert bit_by_bit.size == 64
    for stay in (250, 270, 400):
        kept = [corpus.at(stay) for corpus in (at_once, bit_by_bit)]
        drawn = [[corpus.one(Random(n).random) for n in range(60)] for corpus in kept]
        assert drawn[0] == drawn[1]
        assert kept[0].known.triples == kept[1].known.triples
        assert kept[0].coming.triples == kept[1].coming.triples


def test_past_is_not_to_be_had() -> None:
    """A stay before the last one asked for, and an entry that comes too late."""
    corpus = Corpus()
    corpus.at(30)
    with pytest.raises(ValueError, match="past 29"):
        corpus.at(29)
    with pytest.raises(ValueError, match="behind stay 30"):
        corpus.admit([_entry(14 * STAY, ONE)])
    corpus.admit([_entry(15 * STAY, ONE)])


def test_size_has_a_bound() -> None:
    """5,000 entries of one state, each with a triple of its own."""
    corpus = Corpus()
    corpus.admit(_entry(k, ("ESTABLISHED", str(k), "none")) for k in range(5_000))
    assert 0 < corpus.at(100).size < 200


def _found(jobs: int, stays: int) -> list[FuzzCase]:
    """All cases where `jobs` stays are under way at a time, each case new in its own way."""
    sources = [Sequence(5, corpus=Corpus()) for _ in range(jobs)]
    made: dict[int, list[FuzzCase]] = {}
    for first in range(0, stays, jobs):
        found: list[Entry] = []
        for source, stay in zip(sources, range(first, min(stays, first + jobs)), strict=False):
            made[stay] = [source.case(stay * STAY + k) for k in range(3)]
            for k, case in enumerate(made[stay]):
                word = f"{len(case.steps)} {case.steps[-1]}"
                found += source.ran(stay * STAY + k, case, [("ESTABLISHED", word, "none")])
        for source in sources:
            source.admit(reversed(found))
    return [case for stay in sorted(made) for case in made[stay]]


def test_jobs_make_no_difference() -> None:
    """The cases of 60 stays one after the other, and 7 at a time."""
    alone = _found(1, 60)
    assert _found(7, 60) == alone
    assert any(case.origin.endswith("/changed") for case in alone)


def test_case_alone() -> None:
    """One case by seed, number and the entries that there are in the end."""
    source = Sequence(5, corpus=Corpus())
    found: list[Entry] = []
    cases: dict[int, FuzzCase] = {}
    for stay in range(40):
        mine: list[Entry] = []
        for number in range(stay * STAY, stay * STAY + 4):
            case = cases[number] = source.case(number)
            mine += source.ran(number, case, [("ESTABLISHED", str(len(case.steps)), str(number))])
        source.admit(mine)
        found += mine
    number = 39 * STAY + 2
    corpus = Corpus()
    corpus.admit(entry for entry in found if entry.number // STAY <= 39 - BEHIND)
    assert Sequence(5, corpus=corpus).case(number) == cases[number]


# -- files -----------------------------------------------------------------------------------------


def test_entry_as_json() -> None:
    """There and back, through text."""
    new = News((ONE,), (3, 4), (8, 17), (("a.py", 3),))
    entry = Entry(300, CASE, new, "ESTABLISHED")
    assert Entry.from_json(json.loads(json.dumps(entry.to_json()))) == entry


def _write(folder: Path, *lines: str, end: str = "\n") -> Path:
    path = folder / "some.jsonl"
    path.write_text("\n".join(lines) + end)
    return path


GOOD = json.dumps(_entry(7, ONE).to_json())


def test_torn_last_line_is_told_of(tmp_path: Path) -> None:
    """A file whose writer was killed; the rest is there."""
    read = read_entries(_write(tmp_path, GOOD, GOOD[:50], end=""))
    assert [entry.number for entry in read.entries] == [7]
    assert read.remark.endswith("some.jsonl:2: the last line is torn and left out")


def test_last_line_without_its_end_counts(tmp_path: Path) -> None:
    """Whole but for the newline."""
    read = read_entries(_write(tmp_path, GOOD, GOOD, end=""))
    assert len(read.entries) == 2
    assert read.remark == ""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "wanted an object"),
        (GOOD.replace('{"schema": 1', '{"schema": 2'), "schema 2; this tcpassay reads schema 1"),
        (GOOD.replace('"number": 7', '"number": "7"'), "wanted a whole number"),
        (GOOD.replace('"ip": 4', '"ip": 5'), "ip is 5"),
        (GOOD.replace('"case"', '"kase"'), "'case' is missing"),
        (GOOD.replace('"none"]', '"none", 1]'), "wanted state, input and answer"),
        (GOOD.replace('"pairs": []', '"pairs": [65536]'), "pair 65536, wanted 0 to 65535"),
    ],
)
def test_bad_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    """A line that is no entry, in the midst; file, line and reason."""
    with pytest.raises(ConfigurationError, match=reason) as error:
        read_entries(_write(tmp_path, GOOD, line, GOOD))
    assert "some.jsonl:2:" in str(error.value)


def test_missing_file(tmp_path: Path) -> None:
    """No such file; one line that says so."""
    with pytest.raises(ConfigurationError, match="No such file"):
        read_entries(tmp_path / "none.jsonl")
