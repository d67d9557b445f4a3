"""Whatever a target says, in every format: shown as text, and no more of it than fits."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import junitparser
import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.annotations import MOST, workflow_commands
from tcpassay.reports.archive import Archive
from tcpassay.reports.badges import badges_markdown
from tcpassay.reports.bundle import LONGEST_TEXT, write_bundle
from tcpassay.reports.changes import Changes, changes
from tcpassay.reports.changes_html import render_changes
from tcpassay.reports.changes_text import changes_markdown
from tcpassay.reports.console import ResultPrinter
from tcpassay.reports.files import OutputFolder
from tcpassay.reports.junit import render
from tcpassay.reports.markdown import LONGEST
from tcpassay.reports.outcomes import outcomes_of
from tcpassay.reports.page import columns_of, write_page
from tcpassay.reports.read import read_record
from tcpassay.reports.recapture import write_captures
from tcpassay.reports.record import case_json, end_json, header_json
from tcpassay.reports.run_markdown import run_markdown
from tcpassay.reports.text import one_line
from tcpassay.reports.wording import describe
from tcpassay.wire import tracefile
from tests.reports.hostile import HOSTILE, endless, hostile_record, hostile_trace, shown
from tests.reports.junit_schema import complaints

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.reports.record import RunRecord

TRACE = "traces/x.json"
#: Control characters but the line end, changes of direction, and what has no UTF-8.
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture(scope="module", params=["short", "endless"])
def text(request: pytest.FixtureRequest) -> str:
    """Hostile text, a few hundred characters of it and a million."""
    return HOSTILE if request.param == "short" else endless()


@pytest.fixture(scope="module")
def record(text: str) -> RunRecord:
    """A run that says nothing else; of endless text in two cases, 30 MB of it."""
    return hostile_record(text, TRACE, most=2 if len(text) > len(HOSTILE) else 100)


@pytest.fixture(scope="module")
def run(record: RunRecord, text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's folder: run.jsonl and a trace."""
    folder = tmp_path_factory.mktemp("run")
    out = OutputFolder(folder)
    dump = json.JSONEncoder(ensure_ascii=False).encode
    out.append(dump({"header": header_json(record)}))
    for case in record.cases:
        out.append(dump({"case": case_json(case)}))
    out.append(dump({"end": end_json(record)}))
    out.write(TRACE, lambda part: tracefile.dump(hostile_trace(text), part))
    out.close()
    return folder


@pytest.fixture(scope="module")
def changed(record: RunRecord) -> Changes:
    """Every case with another verdict than before, and one that was not there."""
    earlier = [
        replace(case, result=replace(case.result, verdict=Verdict.PASS, measured={HOSTILE: "a"}))
        for case in record.cases[1:]
    ]
    return changes(outcomes_of(replace(record, cases=tuple(earlier))), outcomes_of(record))


def anywhere(record: RunRecord) -> RunRecord:
    """The same, with traces and captures that are said to lie where no file can."""
    name = record.cases[0].result.target
    cases = tuple(replace(case, trace=name, capture=name) for case in record.cases)
    return replace(record, cases=cases)


class Reader(HTMLParser):
    """The elements and attributes of a page, and its text without styles."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self._in_style = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style &= tag != "style"

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.text += data

    def handle_comment(self, data: str) -> None:
        assert data == " ", "a comment that is not ours"


def holds(told: str, text: str) -> None:
    """Everything of short text is there to be read; of endless text its beginning."""
    if text == HOSTILE:
        for piece in shown(text):
            assert piece in told, piece
    assert one_line(HOSTILE[:50]) in told


def markup_of(markdown: str) -> Reader:
    """Markdown as a forge shows it."""
    assert not UNSAFE.search(markdown)
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return Reader(parser.render(markdown))


ONLY_OURS = {
    "h1", "h2", "p", "strong", "code", "ul", "li", "details", "summary",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


def test_the_record_reads_back(run: Path, record: RunRecord, text: str) -> None:
    """run.jsonl with line ends of every kind in its texts; what was written, where UTF-8 has it."""
    read = read_record(run)
    assert [case.result.verdict for case in read.cases] == [
        case.result.verdict for case in record.cases
    ]
    assert read.cases[0].result.message == text
    assert read.complete


def test_a_killed_record_reads_back(run: Path, record: RunRecord, tmp_path: Path) -> None:
    """The same cut in the middle of its last case; the cases before it."""
    octets = (run / "run.jsonl").read_bytes()
    (tmp_path / "run.jsonl").write_bytes(octets[: octets.rindex(b'{"case"') + 5000])
    assert len(read_record(tmp_path).cases) == len(record.cases) - 1


@pytest.mark.parametrize(
    "make",
    [
        lambda record: run_markdown(record, describe),
        lambda record: badges_markdown(outcomes_of(record), load_catalogue()),
    ],
    ids=["summary", "badges"],
)
def test_markdown(make: Callable[[RunRecord], str], record: RunRecord, text: str) -> None:
    """A summary and a README's table; no elements but our own, and it fits a step's summary."""
    markdown = make(record)
    assert len(markdown.encode()) <= LONGEST
    page = markup_of(markdown)
    assert page.tags <= ONLY_OURS
    assert page.attributes <= {"style"}
    holds(page.text, text)


def test_changes_as_markdown(changed: Changes, text: str) -> None:
    """What changed; nothing but our own elements, and it fits."""
    markdown = changes_markdown(changed, describe)
    assert len(markdown.encode()) <= LONGEST
    page = markup_of(markdown)
    assert page.tags <= ONLY_OURS
    assert page.attributes <= {"style"}
    holds(page.text, text)


def test_changes_as_html(changed: Changes, text: str) -> None:
    """What changed as a page; no script, no attribute that takes one, the text as it is."""
    html = render_changes(changed, describe)
    assert len(html) < 2_000_000
    page = Reader(html)
    extra = {"html", "head", "meta", "title", "style", "body", "main", "div", "span", "h3"}
    assert page.tags <= ONLY_OURS | extra
    known = {"lang", "charset", "http-equiv", "content", "name", "class", "scope", "open", "title"}
    assert page.attributes <= known
    assert "<script" not in html
    assert not UNSAFE.search(page.text)
    holds(page.text, text)


def test_the_page(run: Path, text: str, tmp_path: Path) -> None:
    """The page of a run; no element or attribute that a target could have made, bounded."""
    archive = Archive.open(run)
    write_page(tmp_path / "page.html", columns_of(archive))
    html = (tmp_path / "page.html").read_text()
    assert len(html) < 3_000_000
    page = Reader(html)
    assert not page.tags & {"img", "iframe", "object", "embed", "link", "base", "textarea"}
    assert not [name for name in page.attributes if name.startswith("on")]
    assert html.count("<script") == html.count("</script>") == html.count("\n<script")
    data = html.partition('id="data">')[2].partition("</script>")[0]
    assert "<" not in data
    assert not UNSAFE.search(data)
    assert isinstance(json.loads(data), dict)
    assert one_line(text[:50]) in page.text


def test_junit(record: RunRecord, text: str) -> None:
    """JUnit; as the schema has it, read back by junitparser, the text as it is."""
    xml = render(anywhere(record), describe, Path(HOSTILE))
    assert len(xml) < 200_000 * len(record.cases)
    assert complaints(xml) == []
    suites = list(junitparser.JUnitXml.fromstring(xml.encode()))
    assert len(suites) == 2
    cases = list(suites[0])
    assert len(cases) == len(record.cases)
    root = ET.fromstring(xml)  # noqa: S314 - our own text
    words = "\n".join(
        [*root.itertext(), *(v for each in root.iter() for v in each.attrib.values())]
    )
    assert not UNSAFE.search(words)
    holds(words, text)


def test_annotations(record: RunRecord, text: str) -> None:
    """GitHub's commands; each is one line, ours, and its text is what was said."""
    lines = list(workflow_commands(record, describe, None))
    assert 0 < len(lines) <= MOST + 1
    for line in lines:
        assert re.fullmatch(r"::(error|notice) [^:]*::[^\r\n]*", line)
        assert not UNSAFE.search(line)
        assert "\n" not in line
        assert len(line.encode()) < 65_536
    assert (len(lines) > MOST) == lines[-1].startswith("::notice title=tcpassay::")
    decoded = "\n".join(lines).replace("%3A", ":").replace("%2C", ",").replace("%0A", "\n")
    holds(decoded.replace("%25", "%"), text)


def test_bundle(run: Path, record: RunRecord, text: str, tmp_path: Path) -> None:
    """A bundle; plain ASCII, JSON without NaN, no endless text, and it gives the same again."""
    archive = Archive.open(run)
    assert archive.record is not None
    assert write_bundle(tmp_path / "b.json", archive.record, archive) == 1
    octets = (tmp_path / "b.json").read_bytes()
    assert octets.isascii()
    value = json.loads(octets, parse_constant=pytest.fail)
    message = value["record"]["cases"][0]["message"]
    assert message[:LONGEST_TEXT] == text[:LONGEST_TEXT]
    assert len(message) < LONGEST_TEXT + 40
    again = Archive.open(tmp_path / "b.json")
    assert again.record is not None
    if text == HOSTILE:
        assert run_markdown(again.record, describe) == run_markdown(archive.record, describe)
    assert again.trace(record.cases[0]) == archive.trace(record.cases[0]) != None  # noqa: E711


def test_captures(run: Path, text: str, tmp_path: Path) -> None:
    """Captures made again; in the folder named, read by Scapy, comments of a bearable length."""
    import scapy.layers.inet as _layers  # noqa: F401 - names the link type
    from scapy.utils import PcapNgReader

    archive = Archive.open(run)
    assert archive.record is not None
    folder = tmp_path / "deep" / "captures"
    made = write_captures(folder, archive.record, archive)
    cases = [case for case in archive.record.cases if not case.result.of_oracle]
    assert made.written == len(cases)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == made.written
    assert all(path.parent.parent == folder and path.suffix == ".pcapng" for path in files)
    with PcapNgReader(str(sorted(files)[-1])) as reader:
        comments = [comment for packet in reader for comment in packet.comments or []]
    assert len(comments) == 3
    for comment in comments:
        assert len(comment) <= 4096
        assert not UNSAFE.search(comment.decode())
    assert one_line(text[:50]) in comments[0].decode()


def test_console(record: RunRecord) -> None:
    """The console; no control character but line ends."""
    out = io.StringIO()
    console = Console(file=out, width=120, no_color=True)
    ResultPrinter(console, describe, Path(HOSTILE)).show(anywhere(record))
    told = out.getvalue()
    assert not UNSAFE.search(told)
    assert not re.search("^(::|##)", told, re.MULTILINE)
    assert f"replay       tcpassay replay '{one_line(HOSTILE[:17])}" in told
    assert len(told) < 3_000_000
    assert one_line(HOSTILE[:50]) in told
