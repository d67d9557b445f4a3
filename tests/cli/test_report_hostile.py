"""A stack that says hostile things, really run: every report of it from what the run has left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import junitparser
import pytest

from tcpassay.core.verdict import Verdict
from tcpassay.reports.archive import Archive
from tests.reports.junit_schema import complaints

Tcpassay = Callable[..., tuple[int, str, str]]

UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

#: Its version, as hostile as the protocol lets it be: printable.
WORDS = "<img src=x onerror=alert(1)>`|[x](javascript:alert(1)) ]]> ::error::forged"
DIES = """
        if len(octets) > 60:
            import os
            for _ in range(16):
                os.write(2, b"\\n::error::forged \\xff\\x1b[31m<script>alert(1)</script>" * 1200)
            os.abort()
        for answer in"""

CASES = '''
from tcpassay.conformance.case import case


@case("RFC9293:3.10.7.1-RSTACK")
def closed(bench):
    """A SYN to a closed port <script>alert(1)</script>; RST."""
    conn = bench.connection()
    conn.send("S")
    conn.expect("RA")


@case("RFC9293:3.10.7.1-RSTACK")
def text(bench):
    """A SYN with <b>text</b>; RST."""
    conn = bench.connection()
    conn.send("S", payload=b"<script>alert(1)</script>\\x00\\xff\\xfe" * 4)
    conn.expect("RA")
'''


@pytest.fixture
def run(tcpassay: Tcpassay) -> Path:
    """A run of the agent that `targets new` writes, made hostile; its folder."""
    assert tcpassay("targets", "new", "mine", "--language", "python")[0] == 0
    agent = Path("mine/agent.py")
    source = agent.read_text()
    changed = source.replace('version = "0.1"', f"version = {WORDS!a}")
    changed = changed.replace("\n        for answer in", DIES, 1)
    assert changed.count("forged") == 2
    agent.write_text(changed)
    Path("cases.py").write_text(CASES)
    code, out, err = tcpassay("run", "./mine", "--case", "./cases.py", "--out", "out", "--ip", "4")
    assert code == 1, err
    assert not UNSAFE.search(out)
    return Path("out")


def test_every_report_shows_it_as_text(tcpassay: Tcpassay, run: Path) -> None:
    """A crash with a megabyte of last words; every form has them as text, and not all of them."""
    record = Archive.open(run).record
    assert record is not None
    crash = next(case for case in record.cases if case.result.id.endswith("cases/text"))
    assert crash.result.verdict is Verdict.FAIL
    assert "<script>alert(1)</script>" in crash.result.stderr
    code, out, _ = tcpassay(
        "report", str(run), "--html", "r/page.html", "--markdown", "r/summary.md",
        "--junit", "r/junit.xml", "--json", "r/report.json", "--pcapng", "r/captures",
        "--badges", "r/badges.md", "--annotations",
    )  # fmt: skip
    assert code == 0
    assert not UNSAFE.search(out)
    assert all(line.startswith(("::error ", "::notice ")) for line in out.splitlines())
    files = {path.name: path.read_bytes() for path in Path("r").iterdir() if path.is_file()}
    assert len(files) == 5
    for name in ("summary.md", "badges.md", "junit.xml", "page.html"):
        told = files[name].decode()
        assert len(told) < 1_000_000, name
        assert not UNSAFE.search(told.replace("\t", " ")), name
        assert not re.search(r"(?<!\\)<(?:img|script>alert)", told), name
    assert complaints(files["junit.xml"].decode()) == []
    assert len(junitparser.JUnitXml.fromstring(files["junit.xml"])) == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in files["junit.xml"].decode()
    json.loads(files["report.json"], parse_constant=pytest.fail)
    assert files["report.json"].isascii()
    captures = b"".join(path.read_bytes() for path in Path("r/captures").rglob("*.pcapng"))
    assert b"<script>alert(1)</script>\x00\xff\xfe" in captures
