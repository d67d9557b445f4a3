"""What the page is made of: whose traces, how much of them, in how many octets, in what letters."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from tcpassay.conformance.result import TargetInfo
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.trace import Judgement, Trace
from tcpassay.core.verdict import Level, Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.archive import Archive
from tcpassay.reports.outcomes import Outcome, TargetOutcomes, outcomes_of
from tcpassay.reports.page import Column, columns_of, words, write_page, write_pages
from tcpassay.reports.page import evidence as evidence_module
from tcpassay.reports.page.choice import Worth, chosen
from tcpassay.reports.page.contents import case_keys, code, contents, tier
from tcpassay.reports.page.evidence import MOST_LINES, evidence, shortened
from tcpassay.reports.page.packing import Packed, deflated, pack
from tcpassay.reports.page.standing import Change, changes_of_state
from tcpassay.reports.page.summary import lines
from tcpassay.reports.page.walked import walks
from tcpassay.reports.read import read_record
from tcpassay.reports.record import CaseRecord, RunRecord, count
from tcpassay.reports.run_markdown import run_markdown
from tcpassay.reports.sidebyside import Cell, side_by_side
from tcpassay.wire import tracefile
from tests.page.test_hostile import hostile_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.page.conftest import Compared

#: Of cases that are as expected: a choice with a reason, and what counts as no pass.
KNOWN: tuple[dict[str, Any], ...] = (
    {"verdict": Verdict.INFO, "reason": "RFC 1: open", "nature": "choice"},
    {"verdict": Verdict.UNSUPPORTED, "reason": "", "nature": "", "message": "wanted sack"},
    *(
        {"verdict": Verdict.DEVIATION, "reason": "RFC 1: so it is", "nature": "choice"}
        for _ in range(2)
    ),
)

PASS, FAIL, UNSUPPORTED = Verdict.PASS, Verdict.FAIL, Verdict.UNSUPPORTED
NAMES = ("linux", "reference", "lwip")


def outcome(verdict: Verdict | None, *, as_expected: bool = True) -> Outcome | None:
    if verdict is None:
        return None
    return Outcome("a", 4, verdict, ("RFC9293:MUST-12",), as_expected=as_expected)


def with_trace(name: str | None = "traces/a.json") -> CaseRecord:
    return CaseRecord(hostile_record().cases[0].result, trace=name)


@pytest.mark.parametrize(
    ("verdicts", "wanted"),
    [
        ((PASS, PASS, PASS), {1: Worth.PASSES}),
        ((PASS, None, PASS), {0: Worth.PASSES}),
        ((PASS, PASS, UNSUPPORTED), {2: Worth.DIFFERS, 1: Worth.PASSES}),
        ((PASS, PASS, FAIL), {0: Worth.DIFFERS, 1: Worth.DIFFERS, 2: Worth.NOT_MET}),
        ((FAIL, FAIL, FAIL), {0: Worth.NOT_MET, 1: Worth.NOT_MET, 2: Worth.NOT_MET}),
    ],
)
def test_whose_traces_are_embedded(
    verdicts: tuple[Verdict | None, ...], wanted: dict[int, Worth]
) -> None:
    """Three targets; what is no pass, all where they differ, and one that passes."""
    outcomes = [outcome(verdict) for verdict in verdicts]
    assert chosen(outcomes, [with_trace()] * 3, NAMES) == wanted


def test_the_unexpected_is_worth_most() -> None:
    """A pass that is not expected, and a case without a trace; the former, and not the latter."""
    outcomes = [outcome(PASS, as_expected=False), outcome(FAIL)]
    found = chosen(outcomes, [with_trace(), with_trace(None)], NAMES)
    assert found == {0: Worth.UNEXPECTED}


@pytest.mark.parametrize("marked", [None, 0, 100, 600, 999])
def test_a_long_trace_keeps_what_matters(marked: int | None) -> None:
    """A thousand lines; a few hundred, the beginning and the marked one among them."""
    kept = shortened(1000, marked)
    assert len(kept.lines) <= MOST_LINES
    assert kept.lines[0] == 0
    if marked is not None:
        assert kept.lines[kept.place(marked)] == marked
    missing = (kept.gap[1] if kept.gap else 0) + kept.behind
    assert len(kept.lines) + missing == 1000


def packed_cases(number: int) -> list[Packed]:
    """Cases with a trace of each worth, which do not compress."""

    def noise(*seed: object) -> str:
        return json.dumps([hashlib.sha256(f"{seed}{at}".encode()).hexdigest() for at in range(9)])

    return [
        Packed(
            {"at": f"file:{at}"},
            {column: {"m": "seen", "f": ["frame"]} for column in range(4)},
            {column: (Worth(column), noise(at, column)) for column in range(4)},
        )
        for at in range(number)
    ]


def unpacked(chunks: Sequence[str]) -> list[dict[str, Any]]:
    """The cases in chunks, as the browser reads them."""
    return [
        case
        for chunk in chunks
        for case in json.loads(zlib.decompress(base64.b64decode(chunk), -15))
    ]


def test_all_that_has_room_is_packed() -> None:
    """250 cases; three chunks that say which case they begin with, and every trace once."""
    chunks = pack(packed_cases(250), 10_000_000)
    assert chunks.firsts == (0, 100, 200)
    assert chunks.left == 0
    cases = unpacked(chunks.data)
    assert [case["at"] for case in cases] == [f"file:{at}" for at in range(250)]
    assert all(len(case["t"]) == 4 for case in cases)


def test_what_is_worth_least_goes_first() -> None:
    """Room for half of it; passing traces are gone, the unexpected are all there."""
    whole = pack(packed_cases(200), 10_000_000).size
    chunks = pack(packed_cases(200), whole // 2)
    assert chunks.size <= whole // 2
    assert 200 < chunks.left < 700
    for case in unpacked(chunks.data):
        cells = case["c"]
        assert isinstance(cells, dict)
        assert "t" in cells["0"]
        assert "t" not in cells["3"]
        assert cells["3"]["f"] == ["frame"]


def test_the_same_trace_is_there_once() -> None:
    """Two targets with the same trace; one, of which both cells tell."""
    case = Packed({}, {0: {}, 1: {}}, dict.fromkeys(range(2), (Worth.PASSES, '{"l":"same"}')))
    (found,) = unpacked(pack([case], 1_000_000).data)
    assert found == {"c": {"0": {"t": 0}, "1": {"t": 0}}, "t": [{"l": "same"}]}


def test_letters_and_tiers() -> None:
    """Verdicts expected and not, levels of each kind, and none."""
    cells = (Cell(PASS), Cell(FAIL, as_expected=False), Cell(None), Cell(Verdict.INCONCLUSIVE))
    assert "".join(map(code, cells)) == "Pf-Q"
    levels = (Level.MUST_NOT, Level.STATEMENT, Level.SHOULD, Level.DOC, Level.OBSERVE, None)
    assert [tier(level) for level in levels] == ["must", "must", "should", "should", "may", "must"]


def test_long_words_are_cut() -> None:
    """A megabyte; its beginning and how much more there is, or its end."""
    assert words.line("x" * 1_000_000).endswith("… [999,600 more characters]")
    assert words.line("a\nb\x00") == "a\\nb\\x00"
    assert words.last("y" * 10_000 + "end").endswith("yend")


def handshake(compared: Compared) -> tracefile.TraceFile:
    (path,) = compared.out.glob("traces/reference/*own__sample__handshake.json")
    return tracefile.load(path)


def test_states_along_a_handshake(compared: Compared) -> None:
    """A SYN to a listener; LISTEN, SYN-RECEIVED, and the edges that this walks."""
    changes = list(changes_of_state(handshake(compared).trace, real=False))
    assert [(each.before, each.after) for each in changes] == [
        (None, "LISTEN"),
        ("LISTEN", "SYN-RECEIVED"),
    ]
    assert {str(edge) for edge in walks(changes)} == {
        "CLOSED -> LISTEN: passive OPEN",
        "LISTEN -> SYN-RECEIVED: rcv SYN / snd SYN,ACK",
    }


def test_the_line_that_matters(compared: Compared) -> None:
    """The answer that broke an expectation; its line is the marked one."""
    (path,) = compared.out.glob("traces/reference/*own__sample__wrong.json")
    found = evidence(tracefile.load(path), real=False)
    assert found.marked is not None
    assert found.lines[found.marked].startswith(">+0 > S. 0:0(0) ack 1")
    assert found.lines[-1].startswith("x+0 expect segment")
    assert {line[0] for line in found.lines} <= set("<>cjrexo")


def test_a_trace_that_the_oracle_cannot_follow_has_no_states() -> None:
    """Octets that are no datagram, and an expectation; lines, no states, no error."""
    trace = Trace(case="a", target="t", ip=4, stack_addresses=("192.0.2.1",))
    trace.append(0, "send", b"nothing of the kind")
    trace.append(1, "expect", Judgement("silence", {}, False, "R", None, "something came"))
    found = evidence(tracefile.loads(tracefile.dumps(trace)), real=True)
    assert len(found.lines) == 2
    assert found.states == ()
    assert found.marked == 1


def test_a_fault_of_the_oracles_is_told_with_what_it_has_followed(
    compared: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An oracle that fails in the middle; the states so far, and a line that says so."""

    def falters(trace: Trace, *, real: bool) -> Iterator[Change]:
        yield next(changes_of_state(trace, real=real))
        msg = "no such <state>"
        raise LookupError(msg)

    file = handshake(compared)
    whole = evidence(file, real=False)
    monkeypatch.setattr(evidence_module, "changes_of_state", falters)
    found = evidence(file, real=False)
    assert found.states == whole.states[:1]
    assert found.lines[:-1] == whole.lines
    assert found.lines[-1] == "othe oracle cannot follow this trace: LookupError: no such <state>"
    assert len(found.ns) == len(found.lines)


def test_nothing_outside_of_a_runs_folder_is_read_or_linked(tmp_path: Path) -> None:
    """A record that names files elsewhere; none of them, nor one that is not there."""
    (tmp_path / "secret.json").write_text("{}")
    root = tmp_path / "run"
    root.mkdir()
    record = hostile_record()
    column = columns_of(Archive(outcomes_of(record), record, root))[0]
    for name in ("../secret.json", "/etc/passwd", "traces/none.json", "a\x00b"):
        case = with_trace(name)
        assert column.link(case, "trace") is None
        assert column.read(case) is None


def test_a_file_that_is_no_trace_costs_the_trace_only(tmp_path: Path) -> None:
    """A trace file cut short; linked, not read."""
    (tmp_path / "a.json").write_text('{"schema": 1')
    record = hostile_record()
    column = columns_of(Archive(outcomes_of(record), record, tmp_path))[0]
    assert column.read(with_trace("a.json")) is None
    assert column.link(with_trace("a.json"), "trace") == tmp_path / "a.json"


def test_the_page_fetches_nothing(compared: Compared) -> None:
    """The page's text; no address but links to RFCs, and a policy that names its scripts."""
    text = compared.page.read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//", text)
    assert set(re.findall(r"https?://[\w.-]+", text)) <= {
        "https://www.rfc-editor.org", "http://www.w3.org",
    }  # fmt: skip
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 6
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"sha256-{digest}" in text
    assert "default-src 'none'" in text


def test_traces_without_room_are_named(compared: Compared, tmp_path: Path) -> None:
    """A page that may take little; it stays below, and says what it has left out."""
    record = read_record(compared.out)
    columns = columns_of(Archive(outcomes_of(record), record, compared.out))
    write_page(tmp_path / "large.html", columns)
    large = (tmp_path / "large.html").read_text()
    limit = len(large.encode()) - 2000
    write_page(tmp_path / "small.html", columns, limit=limit)
    small = (tmp_path / "small.html").read_text()
    assert len(small.encode()) <= limit
    assert re.search(r"\d+ traces? had no room in this page", small)
    assert "had no room" not in large


def test_two_pages_are_gathered_once(compared: Compared, tmp_path: Path) -> None:
    """A page in the run's folder and one elsewhere; each trace read once, links from each."""
    record = read_record(compared.out)
    read: list[str | None] = []
    archive = Archive(outcomes_of(record), record, compared.out)

    def noted(case: CaseRecord) -> tracefile.TraceFile | None:
        read.append(case.trace)
        return archive.trace(case)

    columns = [replace(column, read=noted) for column in columns_of(archive)]
    paths = [tmp_path / "elsewhere" / "page.html", tmp_path / "page.html"]
    write_pages(paths, columns)
    assert len(read) == len(set(read)) > 0
    for path in paths:
        links = [
            link
            for case in unpacked(re.findall(r'id="chunk-\d+">(.*?)<', path.read_text()))
            for cell in case["c"].values()
            for link in cell.get("l", [])
            if link
        ]
        assert links
        assert all((path.parent / unquote(link)).is_file() for link in links)


def test_one_target_of_a_baseline_is_a_page_too(tmp_path: Path) -> None:
    """Outcomes without a record; a page that says so. None at all; an error."""
    outcomes = TargetOutcomes("one", "one", "", "1", "virtual", (), {"a": _passing()})
    write_page(tmp_path / "page.html", [Column(outcomes)])
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "one: outcomes of a baseline, without traces" in text
    assert "side by side" not in text.split("</h1>")[0].split("<h1>")[1]
    with pytest.raises(ConfigurationError, match="there is none"):
        write_page(tmp_path / "none.html", [])


def test_what_did_not_run_is_not_judged() -> None:
    """Two targets, of which one has not run the case; its line adds up to the other's."""
    ran, other = (
        TargetOutcomes(name, name, "", "1", "virtual", (), cases)
        for name, cases in (("ran", {"a": _passing()}), ("other", {}))
    )
    told = lines(side_by_side([ran, other], load_catalogue()))
    assert [(each.met, each.not_met, each.not_judged) for each in told] == [(1, 0, 0), (0, 0, 1)]


def test_the_known_is_that_of_the_other_reports() -> None:
    """A choice with a reason, what the target lacks, a deviation; as the Markdown folds them."""
    one = with_trace(None).result
    results = [
        replace(one, id=f"own/{at}", target="one", as_expected=True, **told)
        for at, told in enumerate(KNOWN)
    ]
    cases = tuple(CaseRecord(result) for result in results)
    info = TargetInfo("one", "", "1", "virtual", ())
    record = RunRecord(1, "today", (info,), cases, count(cases), complete=True)
    columns = columns_of(Archive(outcomes_of(record), record))
    found = side_by_side([column.outcomes for column in columns], load_catalogue(), least=1)
    keys = case_keys(found)
    told = contents(found, columns, keys, [column.records() for column in columns])
    assert told["expected"] == [
        [0, "D", "RFC 1: so it is (a choice)", [2, 3]],
        [0, "U", "wanted sack", [1]],
    ]
    markdown = run_markdown(record, lambda name: name)
    assert "one: 3 as expected, no pass" in markdown
    assert "- deviation 2: RFC 1: so it is (a choice)" in markdown
    assert "- unsupported 1: wanted sack" in markdown


def _passing() -> Outcome:
    found = outcome(PASS)
    assert found is not None
    return found


def test_a_killed_run_has_a_page(compared: Compared, tmp_path: Path) -> None:
    """run.jsonl cut within a line; the page has what is there, and says that the end is missing."""
    text = (compared.out / "run.jsonl").read_text()
    (tmp_path / "run.jsonl").write_text(text[: len(text) // 2])
    record = read_record(tmp_path)
    write_page(tmp_path / "p.html", columns_of(Archive(outcomes_of(record), record, tmp_path)))
    page = (tmp_path / "p.html").read_text()
    assert "This run was ended before its end" in page
    assert deflated("[]") == base64.b64encode(zlib.compress(b"[]", 9, -15)).decode()
