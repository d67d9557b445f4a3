"""`tcpassay report`: every form from every source, a run killed in the middle, wrong use."""

from __future__ import annotations

import html
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import junitparser
import pytest

from tcpassay.core.content import content_root
from tcpassay.reports.archive import Archive
from tcpassay.reports.baseline import baseline_file
from tests.manifests import BROKEN

if TYPE_CHECKING:
    from tcpassay.reports.record import RunRecord

Tcpassay = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tcpassay: Tcpassay, sample: str) -> Path:
    """A run of two cases that pass, one that fails and one that is broken; its folder."""
    wanted = ("--requirement", "MUST-14", "--requirement", "MUST-12")
    code, _, _ = tcpassay(
        "run", "reference", "--case", sample, *wanted, "--out", "out", "--no-oracle",
        "--json", "out/run.json",
    )  # fmt: skip
    assert code == 3
    return Path("out")


def record_of(path: Path) -> RunRecord:
    """The record in it."""
    record = Archive.open(path).record
    assert record is not None
    return record


def test_every_form(tcpassay: Tcpassay, run: Path) -> None:
    """A run's folder; all files in one go, with exit code 0 although the run had 3."""
    code, out, err = tcpassay(
        "report", str(run), "--html", "r/page.html", "--markdown", "r/summary.md",
        "--junit", "r/junit.xml", "--json", "r/report.json", "--pcapng", "r/captures",
        "--badges", "r/badges.md", "--svg", "r/matrix.svg",
    )  # fmt: skip
    assert (code, out) == (0, "")
    assert "2 requirements, a cell a requirement" in Path("r/matrix.svg").read_text()
    assert "r/report.json: 4 cases, 2 traces" in err
    assert "r/captures: 2 captures; 2 cases kept no trace" in err
    assert "mine/sample/wrong/plain" in Path("r/page.html").read_text()
    assert Path("r/summary.md").read_text().startswith("# Conformance: 2 verdicts not as expected")
    suites = junitparser.JUnitXml.fromfile("r/junit.xml")
    assert (suites.tests, suites.failures, suites.errors) == (4, 1, 1)
    body = Path("r/junit.xml").read_text()
    assert "replay out/traces/reference/" in body
    assert {path.parent.name for path in Path("r/captures").rglob("*.pcapng")} == {"reference"}
    assert "| reference |" in Path("r/badges.md").read_text()
    assert json.loads(Path("r/report.json").read_text())["report"] == 1


def test_sources_tell_the_same(tcpassay: Tcpassay, run: Path) -> None:
    """Folder, run.jsonl, run.json and a bundle; the same summary, captures and JUnit."""
    assert tcpassay("report", str(run), "--json", "bundle.json")[0] == 0
    told = []
    for number, source in enumerate((run, run / "run.jsonl", run / "run.json", "bundle.json")):
        to = Path(f"r{number}")
        code, _, _ = tcpassay(
            "report", str(source), "--markdown", str(to / "m"), "--pcapng", str(to / "c"),
            "--json", str(to / "j"),
        )  # fmt: skip
        assert code == 0
        captures = {path.name: path.read_bytes() for path in (to / "c").rglob("*.pcapng")}
        told.append(((to / "m").read_text(), captures, (to / "j").read_bytes()))
    assert len(told[0][1]) == 2
    assert told[1:] == told[:-1]


def test_the_page_counts_the_cases_without_a_trace(tcpassay: Tcpassay, sample: str) -> None:
    """Two that pass, two that do not; two without a trace, or none where all are kept."""
    noted = {}
    for policy in ("fail", "always"):
        tcpassay("run", "reference", "--case", sample, "--traces", policy, "--out", policy)
        assert tcpassay("report", policy, "--html", "page.html")[0] == 0
        noted[policy] = re.findall(r"<li>(.*kept no trace.*)</li>", Path("page.html").read_text())
    assert noted["always"] == []
    (note,) = noted["fail"]
    assert note.startswith("reference: 2 cases kept no trace: `tcpassay run --traces always` keeps")


def test_a_bundle_is_compared(tcpassay: Tcpassay, run: Path) -> None:
    """Bundles where run records are wanted; compared as those are, without a change."""
    assert tcpassay("report", str(run), "--json", "bundle.json")[0] == 0
    assert tcpassay("compare", "--from", "bundle.json", str(run))[0] == 3
    code, out, _ = tcpassay("compare", "--baseline", str(run), "bundle.json")
    assert (code, "nothing changed" in out) == (0, True)


def test_without_an_option_it_is_shown(tcpassay: Tcpassay, run: Path) -> None:
    """No form named; what the run had printed."""
    code, out, _ = tcpassay("report", str(run))
    assert code == 0
    assert "reference: 4 cases: 2 pass, 1 fail, 1 error; 2 NOT as expected" in out


def test_no_target_started(tcpassay: Tcpassay, tmp_path: Path) -> None:
    """A run of an agent that ends before its HELLO; every form is there, and says so."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "target.toml").write_text(BROKEN)
    code, _, _ = tcpassay("run", "./mine", "--case", "rfc9293/3.7.1/*", "--out", "out")
    assert code == 4
    code, out, err = tcpassay(
        "report", "out", "--html", "page.html", "--markdown", "m.md", "--junit", "j.xml",
        "--json", "b.json", "--pcapng", "c", "--badges", "b.md", "--svg", "m.svg", "--annotations",
    )  # fmt: skip
    assert (code, "b.json: 0 cases" in err) == (0, True)
    why = "target 'mine': false ended with exit status 1 before HELLO"
    assert out == f"::error title=mine%3A not started::{why}\n"
    page = html.unescape(Path("page.html").read_text())
    assert "No target has been judged" in page
    assert f"<li>mine did not start: {why}</li>" in page
    assert Path("m.md").read_text().startswith("# Conformance: 1 target not started\n")
    assert junitparser.JUnitXml.fromfile("j.xml").errors == 1
    assert "0 requirements" in Path("m.svg").read_text()
    assert record_of(Path("b.json")) == record_of(Path("out"))


def test_a_form_that_fails_costs_no_other(tcpassay: Tcpassay, run: Path) -> None:
    """A disk that is full for one of five forms, whichever it is; told, exit code 3."""
    options = {"--markdown": "m", "--junit": "j", "--html": "p", "--svg": "s", "--json": "b"}
    for full in options:
        files = {option: f"without{full}/{name}" for option, name in options.items()}
        files[full] = "/dev/full"
        words = [word for pair in files.items() for word in pair]
        code, out, err = tcpassay("report", str(run), "--annotations", *words)
        assert code == 3
        assert "/dev/full" in err
        assert out.startswith("::error ")
        assert len([*Path(f"without{full}").iterdir()]) == len(options) - 1


def test_annotations(tcpassay: Tcpassay, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub's commands, alone on standard output; files as the workspace knows them."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd()))
    code, out, _ = tcpassay("report", str(run), "--annotations")
    assert code == 0
    lines = out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::error file=mine/sample.py,line=")
    assert "title=reference%3A error%2C expected pass%3A mine/sample/broken::" in lines[0]


def test_a_run_killed_in_the_middle(tcpassay: Tcpassay) -> None:
    """SIGKILL while cases run; reports of what had ended, which say that it was cut short."""
    command = (
        sys.executable, "-m", "tcpassay", "run", "reference", "--case", "rfc9293/*",
        "--pcap", "always", "--out", "killed",
    )  # fmt: skip
    lines = Path("killed/run.jsonl")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as running:
        until = time.monotonic() + 60
        while not lines.is_file() or lines.read_bytes().count(b"\n") < 20:
            assert running.poll() is None
            assert time.monotonic() < until
            os.sched_yield()
        running.send_signal(signal.SIGKILL)
    octets = lines.read_bytes()
    lines.write_bytes(octets[: octets.rindex(b"\n") - 40])
    code, _, err = tcpassay(
        "report", "killed", "--markdown", "m.md", "--junit", "j.xml", "--json", "b.json",
        "--pcapng", "c", "--html", "p.html",
    )  # fmt: skip
    assert code == 0
    assert "reference" in Path("p.html").read_text()
    assert "the run was cut short: " in err
    ended = len(record_of(Path("killed")).cases)
    assert ended >= 18
    assert f"**The run was cut short: {ended} of " in Path("m.md").read_text()
    assert junitparser.JUnitXml.fromfile("j.xml").tests == ended
    assert record_of(Path("b.json")) == record_of(Path("killed"))
    assert len([*Path("c").rglob("*.pcapng")]) == ended


def test_what_cannot_be_read_costs_no_report(tcpassay: Tcpassay, run: Path) -> None:
    """A damaged trace; the reports without it, and one line about it."""
    damaged = next((run / "traces").rglob("*.json"))
    damaged.write_text("{")
    code, _, err = tcpassay("report", str(run), "--json", "b.json")
    assert code == 0
    assert "b.json: 4 cases, 1 trace\n" in err
    assert f"{damaged.name}: not a trace" in err


def test_a_record_away_from_its_folder(tcpassay: Tcpassay, run: Path) -> None:
    """run.json alone, of whose four cases two kept a trace; each form tells the two kinds apart."""
    (run / "run.json").rename("run.json")
    code, _, err = tcpassay("report", "run.json", "--html", "p.html", "--pcapng", "c")
    assert code == 0
    lost = "2 traces of the record not in ., traces/"
    assert "c: 0 captures; 2 cases kept no trace, 2 traces could not be read\n" in err
    assert err.count(lost) == 1
    notes = re.findall(r"<li>(.*)</li>", Path("p.html").read_text().split("<footer>")[1])
    none_kept, unread = [note for note in notes if "trace" in note][:2]
    assert none_kept.startswith("reference: 2 cases kept no trace: ")
    assert unread.startswith("2 traces that the run kept could not be read")
    assert not any("another target" in note for note in notes)
    _, _, err = tcpassay("compare", "--from", "run.json", str(run), "--html", "p.html")
    assert err.count(lost) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("none",), "none: cannot read the run record: No such file"),
        ((".",), "run.jsonl: cannot read the run record"),
        (("x.json",), "x.json: line 1 is not a line"),
        (("out", "--markdown", "."), "--markdown .: is a folder"),
        (("out", "--pcapng", "x.json", "--html", "p"), "--pcapng x.json: cannot make this folder"),
        ((str(baseline_file("reference")),), "a baseline is no run"),
    ],
)
def test_wrong_use(tcpassay: Tcpassay, run: Path, arguments: tuple[str, ...], told: str) -> None:
    """What is no run, or no file to write; exit 2, one line."""
    assert run.is_dir()
    Path("x.json").write_text("garbage")
    code, out, err = tcpassay("report", *arguments)
    assert (code, out) == (2, "")
    assert told.replace("x.json: line", "line") in err
    assert len(err.splitlines()) == 1
    assert not Path("p").exists()


def test_the_schema_is_shipped() -> None:
    """The bundle's schema; beside that of the record."""
    schema = json.loads((content_root() / "reports/schema/report-v1.json").read_text())
    assert schema["$id"].endswith("/report-v1.json")
