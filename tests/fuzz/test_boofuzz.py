"""boofuzz as a front end: its cases are ours, its verdicts are the judge's, its pages are there."""

from __future__ import annotations

import itertools
import json
import socket
import urllib.request
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("boofuzz", reason="the extra is not installed: pip install 'tcpassay[boofuzz]'")

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.trace import Trace
from tcpassay.fuzz.boofuzz_front.connection import Connection
from tcpassay.fuzz.boofuzz_front.front import Front
from tcpassay.fuzz.boofuzz_front.installed import require_boofuzz
from tcpassay.fuzz.boofuzz_front.log import MemoryLog
from tcpassay.fuzz.boofuzz_front.relative import SEGMENTS
from tcpassay.fuzz.boofuzz_front.request import segments
from tcpassay.fuzz.boofuzz_front.session import Session
from tcpassay.fuzz.boofuzz_front.source import BoofuzzCases
from tcpassay.fuzz.boofuzz_front.web import WebInterface
from tcpassay.fuzz.cases.casejson import case_from_json, case_to_json
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.fuzz.playing.stay import Ran, Stay
from tcpassay.fuzz.sources import STAY
from tcpassay.fuzz.sources.places import PLACES
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import load, open_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.targets.contract import Target

# boofuzz stamps its run with a call that Python 3.12 has given up.
pytestmark = pytest.mark.filterwarnings("ignore:.*utcnow:DeprecationWarning")

#: So that some thousand cases are of all places and all fields: no divisor of their count.
STRIDE = 59


@pytest.fixture(scope="module")
def source() -> BoofuzzCases:
    """The cases, pairs among them."""
    return BoofuzzCases(depth=2)


@pytest.fixture
def reference() -> Iterator[Target]:
    """The reference stack."""
    target = open_target("reference")
    yield target
    target.close()


def own_loop(first: int, last: int, depth: int) -> list[tuple[int, FuzzCase]]:
    """What boofuzz's own loop makes of cases `first` to `last`, exclusive."""
    made = []

    def play(number: int, case: FuzzCase) -> Ran:
        made.append((number, case))
        return Ran(number, case, Trace(), [], [], accepted=True)

    connection = Connection()
    connection.play = play
    Session(connection, first=first, last=last).fuzz(max_depth=depth)
    return made


def run(front: Front, target: Target, numbers: range, seed: int = 1) -> Iterator[Ran]:
    """Cases through boofuzz, in stays one after the other."""
    judge = Judge(target.manifest, target.version())
    for first in range(0, len(numbers), STAY):
        stay = front.stay(target, judge, seed)
        some = numbers[first : first + STAY]
        try:
            yield from stay.run((number, front.source.case(number)) for number in some)
        finally:
            stay.close()


def test_it_is_there() -> None:
    """The version that the extra asks for."""
    assert require_boofuzz().startswith("0.4.")


def test_singles_are_boofuzz_own(source: BoofuzzCases) -> None:
    """Cases across two places; boofuzz's own loop makes the same ones in the same order."""
    last = source.singles // len(PLACES) + 100
    made = own_loop(last - 1_500, last, 1)
    assert [number for number, _ in made] == list(range(last - 1_500, last))
    assert len({case.origin.partition(":")[0] for _, case in made}) == 1 + len(SEGMENTS)
    assert [case for _, case in made] == [source.case(number) for number, _ in made]


def test_pairs_are_boofuzz_own(source: BoofuzzCases) -> None:
    """The end of the singles and the beginning of the pairs; the same cases."""
    first = source.singles - 5
    made = own_loop(first, first + 400, 2)
    assert [case for _, case in made] == [source.case(number) for number, _ in made]
    assert made[5][1].origin.count(":") == 3


def test_tells_how_many_there_are(source: BoofuzzCases) -> None:
    """The total of single edits is boofuzz's; behind the last there is none."""
    assert source.singles == Session(Connection()).num_mutations(max_depth=1)
    assert BoofuzzCases().total == source.singles
    assert source.total is not None
    assert source.case(source.total - 1).origin.startswith(f"boofuzz/{PLACES[-1].name}->")
    with pytest.raises(IndexError):
        source.case(source.total)
    with pytest.raises(IndexError):
        source.case(-1)


def test_leaves_out_places_that_cannot_be_reached() -> None:
    """A target that opens no connection; no place behind its own SYN, neither here nor there."""
    front = Front(1, frozenset())
    places = {front.source.case(number).origin for number in range(0, front.source.singles, 99)}
    assert not [origin for origin in places if "SYN-SENT" in origin or " connect" in origin]
    assert any("ESTABLISHED" in origin for origin in places)
    assert front.session.num_mutations(max_depth=1) == front.source.singles


def test_names_are_no_part_of_each_other() -> None:
    """Names of fields; boofuzz would leave out the pairs of such."""
    names = [[item.qualified_name for item in request.stack] for request in segments()]
    nested = [(a, b) for each in names for a, b in itertools.permutations(each, 2) if a in b]
    assert nested == []


def test_every_case_is_json(source: BoofuzzCases) -> None:
    """Cases of all places and pairs; they come back from JSON as they were."""
    total = source.total or 0
    for number in [*range(0, source.singles, 199), *range(source.singles, total, total // 200)]:
        case = source.case(number)
        assert case_from_json(case_to_json(case)) == case


def test_runs_what_the_native_loop_runs(reference: Target) -> None:
    """The same numbers through boofuzz and without; the same cases, octets and alarms."""
    front = Front()
    numbers = range(9, front.source.singles, front.source.singles // 60)
    through = list(run(front, reference, numbers))
    judge = Judge(reference.manifest, reference.version())
    native = Stay(reference, judge, 1)
    try:
        without = list(native.run((number, front.source.case(number)) for number in numbers))
    finally:
        native.close()
    assert [ran.number for ran in through] == list(numbers)
    assert [ran.case for ran in through] == [ran.case for ran in without]
    assert [ran.entries for ran in through] == [ran.entries for ran in without]
    assert [ran.alarms for ran in through] == [ran.alarms for ran in without]


def test_reference_gives_no_alarm(reference: Target) -> None:
    """Some two thousand cases of all places and fields; none is wrong."""
    front = Front()
    numbers = range(5, front.source.singles, STRIDE)
    alarms = [
        (ran.number, ran.case.origin, str(alarm))
        for ran in run(front, reference, numbers)
        for alarm in ran.alarms
    ]
    assert alarms == []


def test_leaves_nothing_on_disk(
    reference: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session in an empty folder; it is empty afterwards."""
    monkeypatch.chdir(tmp_path)
    assert len(list(run(Front(), reference, range(5)))) == 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "place", "segment", "requirement"),
    [
        ("ack_of_unsent_unanswered", "ESTABLISHED", "segment", "RFC9293:3.10.7.4-ACK-FUTURE-ESTAB"),
        ("rst_in_window_accepted", "FIN-WAIT-2", "RST", "RFC5961:3.2-RST-INWINDOW"),
        ("syn_not_challenged", "CLOSE-WAIT", "segment", "RFC9293:3.10.7.4-SYN-CW"),
    ],
)
def test_finds_a_planted_fault(name: str, place: str, segment: str, requirement: str) -> None:
    """A mutant; the first case that alarms alarms alone as well, from its JSON, without boofuzz."""
    (mutant,) = (each for each in load_mutants() if each.name == name)
    target = mutant.target(load("reference"))
    try:
        front = Front()
        ran = next(
            ran for ran in run(front, target, numbers_of(front, place, segment)) if ran.alarms
        )
        judge = Judge(target.manifest, target.version())
        alone = try_alone(target, judge, case_from_json(case_to_json(ran.case)), 1)
    finally:
        target.close()
    assert ran.case.origin.startswith(f"boofuzz/{place}->{segment}:[")
    assert ran.alarms[0].key.requirement == requirement
    assert ran.alarms[0].key in [alarm.key for alarm in alone.alarms]
    assert ran.number + 1 in front.session.monitor_results


def numbers_of(front: Front, place: str, segment: str) -> range:
    """The single edits of a segment at a place."""
    source = front.source
    drawn = [source.draw(number)[:2] for number in range(source.singles)]
    names = [(where.name, what) for where, what in drawn]
    first = names.index((place, segment))
    return range(first, first + names.count((place, segment)))


# -- log and pages -------------------------------------------------------------------------------


def test_the_log_keeps_the_last_cases(reference: Target) -> None:
    """Three cases; each has what was sent and what came, in words, until others take its place."""
    front = Front()
    assert len(list(run(front, reference, range(3)))) == 3
    kept = front.session.test_case_data(3)
    assert kept is not None
    assert kept.name == "CLOSED->segment:[segment.flags:2]"
    sent = [step.data for step in kept.steps if step.type == "send"]
    assert sent == [b"CLOSED", b"segment flags=02"]
    assert any(step.type == "receive" and step.data[:1] == b"E" for step in kept.steps)
    assert front.session.test_case_data(4) is None


def test_the_log_does_not_grow() -> None:
    """Five cases and room for two; the last two, and the last two that were wrong."""
    log = MemoryLog(kept=2)
    for index in range(1, 6):
        log.open_test_case("", f"case {index}", index)
        log.log_pass("good") if index > 3 else log.log_fail("bad")
        log.close_test_case()
    kept = [index for index in range(1, 6) if log.case(index) is not None]
    assert kept == [2, 3, 4, 5]
    failed = log.case(2)
    assert failed is not None
    assert [(step.type, step.description) for step in failed.steps] == [("fail", "bad")]


def page(url: str) -> str:
    """A page, at once or not at all."""
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - ours, on the loopback
        text: str = answer.read().decode()
        return text


def test_pages_on_the_loopback(reference: Target) -> None:
    """The web interface beside a run; its pages tell of it, and end with it."""
    front = Front()
    with WebInterface(front.session, 0) as web:
        assert web.url.startswith("http://127.0.0.1:")
        assert len(list(run(front, reference, range(7)))) == 7
        assert "boofuzz" in page(web.url)
        told = json.loads(page(f"{web.url}api/current-run"))["session_info"]
        assert told["current_index"] == 7
        assert told["num_mutations"] == front.source.total
        assert told["current_test_case_name"] == "CLOSED->segment:[segment.flags:6]"
        lines = json.loads(page(f"{web.url}api/test-case/7"))["log_data"]
        assert any("segment.flags:6" in line["log_line"] for line in lines)
        assert "Crash Viewer" not in page(f"{web.url}test-case/7")
        front.session.monitor_results[7] = ["a reset is missing"]
        assert "a reset is missing" in page(f"{web.url}test-case/7")
        port = web.port
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_no_pages_elsewhere() -> None:
    """Another address of this machine's; nobody listens there."""
    with WebInterface(Front().session, 0) as web, pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", web.port), timeout=5).close()


@pytest.mark.parametrize("port", [None, 70_000])
def test_a_port_that_cannot_be_had(port: int | None) -> None:
    """A port in use, and none; one line that names it, in place of the next one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = port or taken.getsockname()[1]
        web = WebInterface(Front().session, wanted)
        with pytest.raises(ConfigurationError, match=rf"^--web {wanted}: cannot serve"), web:
            pytest.fail("it serves")
