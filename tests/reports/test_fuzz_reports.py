"""A campaign's reports: schema, JUnit, HTML, console, progress; hostile text in all of them."""

from __future__ import annotations

import html
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import junitparser
import pytest
from rich.console import Console

from tcpassay.core.content import content_root
from tcpassay.core.json_values import array, mapping
from tcpassay.reports.fuzz_console import show_campaign
from tcpassay.reports.fuzz_html import render_fragment, write_fuzz_html
from tcpassay.reports.fuzz_progress import FuzzProgress, share_words
from tcpassay.reports.fuzz_record import FuzzFinding, FuzzHint, FuzzRecord, SourceShare, fuzz_json
from tcpassay.reports.junit import render_fuzz, write_fuzz_junit
from tests.reports.junit_schema import complaints

#: What runs the cases of the suite that are told with the finding.
RUN = "tcpassay run linux --case rfc9293/3.4/a --case 'b c' --ip 6"
HOSTILE = "<script>alert(1)</script>\x1b[31m]]>\x00&\n\u202e{{ 7 * 7 }}"


@pytest.fixture
def record() -> FuzzRecord:
    """A campaign with a finding whose words are hostile, and one that is explained."""
    finding = FuzzFinding(
        requirement="RFC9293:3.4-ACK-SANE",
        state="ESTABLISHED",
        input="A seq=old",
        answer="none",
        judge="oracle",
        level="MUST",
        why=HOSTILE,
        allowed="ACK",
        case=512,
        origin=HOSTILE,
        steps=2,
        text=(HOSTILE, "peer: A seq=1"),
        trace="findings/x.json",
        explained="",
        times=3,
        suite=("rfc9293/3.4/a", "b c"),
        ip=6,
    )
    explained = FuzzFinding(
        requirement="RFC9293:3.4-ACK-SANE",
        state="LAST-ACK",
        input="R",
        answer="ACK",
        judge="oracle",
        level="SHOULD",
        why="another",
        allowed="",
        case=7,
        origin="sweep/LAST-ACK",
        steps=4,
        text=(),
        trace="findings/y.json",
        explained="oracle/RFC9293:*",
        reason="It is known.",
    )
    return FuzzRecord(
        "linux",
        "Linux 6.18",
        "real",
        7,
        Path("out dir"),
        sources=[SourceShare("pairs", 1_500_000, 15_000_000), SourceShare("sequence", 4, None)],
        cases=2_000,
        accepted=1_900,
        alarmed=5,
        session_cases=1_000,
        seconds=2.0,
        played_s=1.0,
        spent_s=1.9,
        states=11,
        triples=300,
        last_new=1_999,
        findings=[finding, explained],
        hints=[
            FuzzHint(3, HOSTILE, 2, "S", ("ACK", "none"), ("linux", "lwip"), ("right", "right"))
        ],
        complete=True,
    )


def _describe(requirement: str) -> str:
    return f"{requirement} (MUST)"


def _console(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(
        file=text, width=120, force_terminal=terminal, highlight=False, markup=False, emoji=False
    ), text


def test_json_keeps_to_its_schema(record: FuzzRecord) -> None:
    """--json; what the schema file says, and nothing that it does not know."""
    schema = json.loads((content_root() / "reports/schema/fuzz-v1.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    value = json.loads(json.dumps(fuzz_json(record)))
    jsonschema.validate(value, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**value, "more": 1}, schema)
    assert value["session"]["rate"] == 500
    assert value["findings"][1]["explained"] == "oracle/RFC9293:*"


def test_junit_has_a_case_a_finding(record: FuzzRecord) -> None:
    """Two findings; one failed, the explained one skipped with the reason, the campaign passed."""
    assert complaints(render_fuzz(record, _describe)) == []
    (suite,) = junitparser.JUnitXml.fromstring(render_fuzz(record, _describe).encode())
    kinds = [(case.name, [type(each).__name__ for each in case.result]) for case in suite]
    assert kinds == [
        ("campaign", []),
        ("RFC9293:3.4-ACK-SANE: ESTABLISHED, A seq=old -> none", ["Failure"]),
        ("RFC9293:3.4-ACK-SANE: LAST-ACK, R -> ACK", ["Skipped"]),
    ]
    assert {case.classname for case in suite} == {"linux.fuzz"}
    skipped = list(suite)[2].result[0]
    assert "It is known." in skipped.message
    failure = list(suite)[1].result[0]
    assert f"suite        {RUN}" in failure.text
    assert "tcpassay replay 'out dir/findings/x.json' --target linux" in failure.text


def test_a_target_given_by_path(record: FuzzRecord) -> None:
    """A stack of one's own; the command that plays a finding again names its folder."""
    record.named = "./my stack"
    again = "tcpassay replay 'out dir/findings/x.json' --target './my stack'"
    assert again in render_fuzz(record, _describe)


def test_junit_of_lost_workers(record: FuzzRecord) -> None:
    """A worker that died; the campaign is in error."""
    record.lost.append("worker 0 ended with status -11 at case 5")
    (suite,) = junitparser.JUnitXml.fromstring(render_fuzz(record, _describe).encode())
    assert [type(each).__name__ for each in next(iter(suite)).result] == ["Error"]


class _Tags(HTMLParser):
    """Tags that are opened, and whether each is closed in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert all(not name.startswith("on") for name, _ in attrs)
        self.seen.append(tag)
        self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


def test_html_escapes_what_a_stack_says(record: FuzzRecord) -> None:
    """Hostile words in a finding; text in the fragment, never a tag or a template."""
    page = render_fragment(record, _describe)
    tags = _Tags()
    tags.feed(page)
    assert tags.stack == []
    assert tags.seen[0] == "section"
    assert "script" not in tags.seen
    assert "{{ 7 * 7 }}" in page
    assert "\x1b" not in page
    assert "It is known." in page
    assert page.index("<script>".replace("<", "&lt;").replace(">", "&gt;")) > 0
    assert page.index("ESTABLISHED") < page.index("LAST-ACK")


def test_cases_of_the_suite(record: FuzzRecord) -> None:
    """Told with the first finding alone: as a command, and in the JSON as ids."""
    page = render_fragment(record, _describe)
    assert page.count("In the suite") == 1
    assert html.unescape(page).count(RUN) == 1
    findings = array(fuzz_json(record)["findings"])
    assert [mapping(each)["suite"] for each in findings] == [
        ["rfc9293/3.4/a", "b c"],
        [],
    ]


def test_html_without_findings(record: FuzzRecord) -> None:
    """Nothing found; the fragment says so."""
    record.findings = []
    assert "No findings." in render_fragment(record, _describe)


def test_files_are_written_whole(record: FuzzRecord, tmp_path: Path) -> None:
    """--junit and --html; files that end as they should."""
    write_fuzz_junit(tmp_path / "j.xml", record, _describe)
    write_fuzz_html(tmp_path / "f.html", record, _describe)
    assert (tmp_path / "j.xml").read_text().endswith("</testsuites>\n")
    assert (tmp_path / "f.html").read_text().endswith("</section>\n")


def test_the_result_on_the_console(record: FuzzRecord) -> None:
    """The summary; findings in full, explained ones folded, speed beside the bare loop's."""
    console, text = _console()
    show_campaign(console, record, _describe)
    told = text.getvalue()
    assert "FINDING  ESTABLISHED, A seq=old -> none" in told
    assert "oracle/RFC9293:*: 1 alarm in 1 kind: It is known." in told
    assert "2,000 cases (1,000 in earlier sessions)" in told
    assert "1 finding (1 oracle), 1 more that expectations explain" in told
    assert "500 cases a second, 53% of the bare loop's; 95.0% accepted by tier one" in told
    assert "1 difference, hints and no faults" in told
    assert "11 states, 300 triples; last new coverage in case 1,999" in told
    assert "\x1b" not in told


def test_shares() -> None:
    """How much of a source is done; in numbers where they are small, in percent of millions."""
    assert share_words(SourceShare("singles", 12_340, 81_516)) == "singles 12,340 of 81,516"
    assert share_words(SourceShare("pairs", 15_000, 15_000_000)) == "pairs 0.1 % of 15.0 M"
    assert share_words(SourceShare("sequence", 5_000, None)) == "sequence 5,000"


def test_progress_without_a_terminal(record: FuzzRecord) -> None:
    """Plain lines; one every five seconds, and one a finding at once with how to replay it."""
    console, text = _console()
    now = [0.0]
    with FuzzProgress(console, lambda: now[0]) as progress:
        progress.show(record)
        now[0] = 4.9
        progress.show(record)
        assert text.getvalue() == ""
        progress.found(record, record.findings[0])
        now[0] = 5.1
        progress.show(record)
    first, second = text.getvalue().splitlines()
    assert "tcpassay replay 'out dir/findings/x.json' --target linux" in first
    assert "\x1b" not in first
    assert "2000 cases, 500 a second" in second
    assert "pairs 10 % of 15.0 M" in second


def test_progress_on_a_terminal(record: FuzzRecord) -> None:
    """A live picture; nothing of what a stack says steers the terminal."""
    console, text = _console(terminal=True)
    now = [0.0]
    with FuzzProgress(console, lambda: now[0]) as progress:
        now[0] = 1.0
        progress.show(record)
        progress.found(record, record.findings[0])
    assert "11 states" in text.getvalue()
    assert "\x1b[31m" not in text.getvalue()
