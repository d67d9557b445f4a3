"""Markdown: text that is no markup, tables, a length that fits, and a run's summary in it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.badges import badges_markdown
from tcpassay.reports.markdown import code, escaped, fitting, in_element, table_head, table_row
from tcpassay.reports.outcomes import outcomes_of
from tcpassay.reports.run_markdown import MOST_CASES, run_markdown
from tcpassay.reports.text import one_line

if TYPE_CHECKING:
    from tcpassay.reports.record import RunRecord

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
anything = st.text(st.characters(exclude_categories=()), max_size=40)
marks = st.text("\\`*_[](){}<>|&~#$!-+=.:1 wx\n\t@/GHgh", max_size=30)

#: What GitHub makes a link of in text that is rendered already.
LINKED = re.compile(r"[\w.+-]@[\w.-]|@\w|#\d|\bgh-\d", re.IGNORECASE)
#: What GitHub Flavored Markdown, section 6.9, makes one of in Markdown.
ADDRESS = re.compile(r"(https?|ftp)://\w|www\.\w", re.IGNORECASE)


def words(markdown: str) -> str:
    """The text of Markdown that has to be one paragraph and nothing in it but text and code.

    Nor is there anything in it that GitHub makes a link of.
    """
    told = ""
    parts = [""]
    for block in PARSER.parse(markdown):
        assert block.type in {"paragraph_open", "inline", "paragraph_close"}, markdown
        for token in block.children or ():
            if token.type in {"text", "text_special"}:
                parts[-1] += token.content
            else:
                parts.append("")
            if token.type == "html_inline":
                assert token.content == "<!-- -->", markdown
                continue
            assert token.type in {"text", "text_special", "code_inline", "softbreak"}, markdown
            told += token.content
    assert not any(map(LINKED.search, parts)), markdown
    return told


@given(st.one_of(anything, marks))
def test_text_is_text(text: str) -> None:
    """Any text; what a reader sees is that text on one line."""
    assert words(escaped(text)) == " ".join(one_line(text).strip().split("\n"))
    assert not ADDRESS.search(escaped(text))


@given(st.one_of(anything, marks))
def test_code_is_code(text: str) -> None:
    """Any text as code; letter by letter what it is."""
    shown = one_line(text)
    assert words(code(text)) == (shown if shown.strip() else "")


@given(marks, marks)
def test_cells_stay_apart(one: str, other: str) -> None:
    """Two texts in a row of a table; two cells that hold them."""
    lines = [*table_head("a", "b"), table_row(escaped(one), code(other, cell=True))]
    cells = [
        "".join(child.content for child in token.children or () if child.type != "html_inline")
        for token in PARSER.parse("\n".join(lines))
        if token.type == "inline"
    ]
    wanted = one_line(other)
    assert cells == ["a", "b", one_line(one).strip(), wanted if wanted.strip() else ""]


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("http://a.example", "http\\://a.example"),
        ("www.a.example", "www\\.a.example"),
        ("_www.a.example", "\\_www\\.a.example"),
        ("mailto:a@b.example", "mailto:a@<!-- -->b.example"),
        ("mail a+b@c.example", "mail a+b@<!-- -->c.example"),
        ("ask @somebody or @a/team", "ask @<!-- -->somebody or @<!-- -->a/team"),
        ("as #12, a/b#3 and gh-4", "as #<!-- -->12, a/b#<!-- -->3 and gh<!-- -->-4"),
        ("1 @ 2, # 3, GHz", "1 @ 2, # 3, GHz"),
    ],
)
def test_bare_links_are_broken(text: str, markdown: str) -> None:
    """What a forge makes a link of by itself; something stands in it that nobody sees."""
    assert escaped(text) == markdown
    assert words(markdown) == text


def test_names_in_an_element() -> None:
    """A name in an element of HTML; its own marks, and none that is a link."""
    assert in_element("<b> & @somebody's #1") == (
        "&lt;b&gt; &amp; @<!-- -->somebody&#x27;s #<!-- -->1"
    )


def test_what_fits() -> None:
    """Lines that fit, and lines that do not; whole lines, and a word on what is not there."""
    assert fitting(["a", "é"], 1000) == "a\né\n"
    lines = ["é" * 100] * 20
    short = fitting(lines, 1000)
    assert len(short.encode()) <= 1000
    assert short.startswith("é" * 100 + "\n" + "é" * 100 + "\n")
    assert "Cut here" in short


def test_a_summary(record: RunRecord) -> None:
    """A run with every verdict; headline, figures, what is not as expected, what was left out."""
    told = run_markdown(record, lambda name: f"{name} (MUST, section 3.6): text")
    lines = told.splitlines()
    assert lines[0] == (
        "# Conformance: 4 verdicts not as expected, 1 target not started, 1 stale expectation"
    )
    head = "| target | version | clock | pass | fail | deviation | info | unsupported |"
    assert any(line.startswith(head) for line in lines)
    verdicts = [line.split(",")[0] for line in lines if ", expected " in line]
    assert verdicts == ["| **error**", "| **fail**", "| **inconclusive**", "| **pass**"]
    assert "| reference | tcpref 0.1 | virtual | 1 | - | - |" in told
    assert "**RFC9293:MUST-12 (MUST, section 3.6): text**" in told
    assert (
        "| **fail**, expected pass | linux | `rfc9293/3.10.7.3/rst_with_bad_ack` "
        "| the answer has another number than wanted | seg.seq | `1` | `77` |"
    ) in told
    assert "**pass**, expected deviation | linux | `rfc5961/5.2/ack (IPv6)`" in told
    assert "Once more: `tcpassay run linux --case sockets/b`" in told
    assert "- lwip: not started: no agent built: make targets/lwip" in told
    assert "- linux: 1 case not run: needs 15 min of real time" in told
    assert "<summary>linux: 2 as expected, no pass</summary>" in told
    assert "- deviation 1: Linux limits the rate \\[bold] (a choice)" in told


def test_a_run_that_is_well(record: RunRecord) -> None:
    """A run as expected, one without cases; so the headline says, and no fault is told."""
    cases = tuple(case for case in record.cases if case.result.as_expected)
    well = replace(record, cases=cases, not_started=(), stale=())
    assert run_markdown(well, str).startswith("# Conformance: all as expected\n")
    assert "Not as expected" not in run_markdown(well, str)
    nothing = replace(well, cases=(), totals={})
    assert run_markdown(nothing, str).startswith("# Conformance: nothing ran\n")


def test_a_killed_run_says_so_first(record: RunRecord) -> None:
    """A record without its end, an interrupted one; how far it came, above all figures."""
    killed = run_markdown(replace(record, complete=False), str).splitlines()
    assert killed[2] == "**The run was cut short: 9 of 9 cases ended.**"
    stopped = run_markdown(replace(record, interrupted="SIGTERM"), str).splitlines()
    assert stopped[2] == "**The run was interrupted by SIGTERM: 9 of 9 cases ended.**"


def test_many_unexpected_are_counted(record: RunRecord) -> None:
    """A thousand failures; the first of them, and how many more."""
    failed = record.cases[1]
    many = tuple(
        replace(failed, result=replace(failed.result, id=f"a/{number:04}"))
        for number in range(1000)
    )
    told = run_markdown(replace(record, cases=many), str)
    assert told.count("| **fail**, expected pass |") == MOST_CASES
    assert f"And {1000 - MOST_CASES} more verdicts not as expected." in told


def test_badges(record: RunRecord) -> None:
    """A table for a README; of what was judged, what is met, and in bold where that is all."""
    told = badges_markdown(outcomes_of(record), load_catalogue()).splitlines()
    assert told[0] == "| target | version | MUST met | SHOULD met | cases passed |"
    assert told[2] == "| reference | tcpref 0.1 | **1 of 1** | - | **1 of 1** |"
    assert told[3] == "| linux | Linux 6.18 \\\\x1b\\[2J | 0 of 1 | - | 3 of 5 |"
    column = outcomes_of(record)[1]
    assert {each.verdict for each in column.cases.values()} >= {Verdict.ERROR, Verdict.UNSUPPORTED}
