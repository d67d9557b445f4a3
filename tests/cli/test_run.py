"""`tcpassay run`: exit codes, files, and one line for whatever is wrong."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from tcpassay.core.content import content_root
from tcpassay.reports.files import OutputFolder

Tcpassay = Callable[..., tuple[int, str, str]]
TOPIC = "measures/closing"


def test_all_as_expected(tcpassay: Tcpassay, sample: str) -> None:
    """A case that passes; exit 0, a table on standard output, progress on standard error."""
    code, out, err = tcpassay("run", "reference", "--case", sample, "--case", "mine/*/handshake")
    assert code == 3
    code, out, err = tcpassay("run", "reference", "--case", sample, "--requirement", "MUST-12")
    assert code == 0
    assert "reference: 1 case: 1 pass; oracle: " in out
    assert ", none violated; all as expected" in out
    assert "running 1 case" in err
    assert "running" not in out
    assert [path.name for path in Path("tcpassay-out").glob("*/run.jsonl")] == ["run.jsonl"] * 2


def test_oracle_speaks_of_every_run(tcpassay: Tcpassay) -> None:
    """Every case, then two, then without it; entries that the totals leave out."""
    two = ("--case", "sockets/close")
    for options, wanted in (((), True), (two, True), ((*two, "--no-oracle"), False)):
        code, _, _ = tcpassay("run", "reference", *options, "--json", "run.json")
        assert code == 0
        record = json.loads(Path("run.json").read_text())
        entries = [case for case in record["cases"] if case["id"].startswith("oracle/")]
        assert any(entry["id"].startswith("oracle/RFC9293:") for entry in entries) is wanted
        cases = len(record["cases"]) - len(entries)
        assert sum(record["totals"]["reference"].values()) == cases
        assert record["planned"]["reference"] == cases


def test_unexpected_verdict(tcpassay: Tcpassay, sample: str, tmp_path: Path) -> None:
    """A case that fails; exit 1, its story, its trace and its capture, in every report."""
    (tmp_path / "mine/sample.py").write_text(_without(tmp_path, "broken"))
    code, out, _ = tcpassay(
        *("run", "reference", "--case", sample, "--out", "out", "--seed", "5"),
        *("--json", "new/run.json", "--junit", "new/junit.xml"),
    )
    assert code == 1
    assert "FAIL  reference  mine/sample/wrong/plain (expected pass)" in out
    assert "flags  SA" in out
    trace = "out/traces/reference/mine__sample__wrong__plain.json"
    assert f"tcpassay replay {trace} --target reference" in out
    assert Path(trace).is_file()
    assert [path.name for path in Path("out/captures/reference").iterdir()] == [
        "mine__sample__wrong__plain.pcapng"
    ]
    record = json.loads(Path("new/run.json").read_text())
    schema = json.loads((content_root() / "reports/schema/run-v1.json").read_text())
    jsonschema.validate(record, schema)
    assert record["seed"] == 5
    assert record["cases"][1]["trace"] == trace.removeprefix("out/")
    assert ET.parse("new/junit.xml").getroot().get("failures") == "1"  # noqa: S314 - our own


def test_measures(tcpassay: Tcpassay) -> None:
    """Only cases that measure; their values in a table at the end, of those that ran."""
    code, out, _ = tcpassay("run", "reference", "--measures", "--case", "rfc5961", "--case", TOPIC)
    assert code == 0
    counted = re.search(r"reference: (\d+) cases: (\d+) info", out)
    assert counted is not None
    assert counted[1] == counted[2]
    shown = out[out.index("values") :]
    assert "closing" in shown
    assert re.search(r"TIME-WAIT lasts, s +│ +240 │", shown)
    assert "rfc5961/5/text_with_an_ack_from_before_iss" in out


def test_no_gate(tcpassay: Tcpassay, sample: str, tmp_path: Path) -> None:
    """The same failure with --no-gate; exit 0."""
    (tmp_path / "mine/sample.py").write_text(_without(tmp_path, "broken"))
    assert tcpassay("run", "reference", "--case", sample, "--no-gate")[0] == 0


def test_fault_of_a_case(tcpassay: Tcpassay, sample: str) -> None:
    """A case that breaks; exit 3 even without the gate, and the line that broke."""
    code, out, _ = tcpassay("run", "reference", "--case", sample, "--no-gate")
    assert code == 3
    assert "sample.py:27: KeyError: 'x'" in out


@pytest.mark.parametrize(
    ("policy", "traces", "captures"), [("always", 3, 3), ("fail", 1, 1), ("never", 1, 0)]
)
def test_pcap(tcpassay: Tcpassay, sample: str, policy: str, traces: int, captures: int) -> None:
    """Each value of --pcap; which captures there are, and traces to replay in any case."""
    Path(sample).write_text(_without(Path(), "broken"))
    tcpassay("run", "reference", "--case", sample, "--out", "out", "--pcap", policy)
    assert len(list(Path("out").glob("traces/*/*"))) == traces
    assert len(list(Path("out").glob("captures/*/*"))) == captures


@pytest.mark.parametrize(("policy", "traces"), [("always", 3), ("fail", 1)])
def test_traces(tcpassay: Tcpassay, sample: str, policy: str, traces: int) -> None:
    """Each value of --traces; which traces there are, and captures of what failed alone."""
    Path(sample).write_text(_without(Path(), "broken"))
    tcpassay("run", "reference", "--case", sample, "--out", "out", "--traces", policy)
    assert len(list(Path("out").glob("traces/*/*"))) == traces
    assert len(list(Path("out").glob("captures/*/*"))) == 1


def test_same_seed_same_record(tcpassay: Tcpassay, sample: str) -> None:
    """Two runs of one seed; the same verdicts, messages and frames."""
    said = []
    for name in ("a.json", "b.json"):
        tcpassay("run", "reference", "--case", sample, "--seed", "9", "--json", name)
        cases = json.loads(Path(name).read_text())["cases"]
        said.append([(c["id"], c["verdict"], c["message"], c["frames"]) for c in cases])
    assert said[0] == said[1]
    assert len([each for each in said[0] if not each[0].startswith("oracle/")]) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("nosuch",), 2, "unknown target 'nosuch'"),
        (("./nowhere/target.toml",), 2, "nowhere/target.toml"),
        (("reference", "reference"), 2, "named twice"),
        (("reference", "--requirement", "MUST-1400"), 2, "unknown requirement 'MUST-1400'"),
        (("reference", "--level", "MUTS"), 2, "unknown level 'MUTS'"),
        (("reference", "--state", "ESTABLISHD"), 2, "ESTABLISHED"),
        (("reference", "--case", "nothing/*"), 5, "no case matches 'nothing/*'"),
        (("reference", "--case", "./none.py"), 2, "none.py: no such file"),
        (("reference", "--json", "/dev/null/x/y.json"), 2, "--json /dev/null/x/y.json"),
        (("reference", "--out", "/dev/null/out"), 2, "give --out DIR"),
    ],
)
def test_wrong_use_is_one_line(
    tcpassay: Tcpassay, sample: str, arguments: tuple[str, ...], code: int, complaint: str
) -> None:
    """Something named wrongly; its exit code, one line that names it, and no run."""
    selected = () if "--case" in arguments else ("--case", sample)
    got, out, err = tcpassay("run", *arguments, *selected)
    last = err.splitlines()[-1]
    assert (got, out) == (code, "")
    assert last.startswith("tcpassay: ")
    assert complaint in last


def test_folder_in_use(tcpassay: Tcpassay, sample: str, tmp_path: Path) -> None:
    """A folder that another run writes to; exit 2."""
    other = OutputFolder(tmp_path / "out")
    code, _, err = tcpassay("run", "reference", "--case", sample, "--out", "out")
    other.close()
    assert code == 2
    assert "another run is writing here" in err


def test_target_that_does_not_start(tcpassay: Tcpassay, sample: str, tmp_path: Path) -> None:
    """A manifest whose module is missing beside a good one; exit 4, the other one runs."""
    manifest = (content_root() / "targets/reference/target.toml").read_text()
    bad = manifest.replace('"reference"', '"bad"').replace("tcpref", "no_such_module")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/target.toml").write_text(bad)
    named = ("run", "./bad", "reference", "--case", sample, "--requirement", "MUST-12")
    code, out, _ = tcpassay(*named)
    assert code == 4
    assert "bad: not started: " in out
    assert "reference: 1 case: 1 pass" in out
    code, out, _ = tcpassay(*named, "--where-possible")
    assert code == 0
    assert "bad: skipped: " in out


def _without(folder: Path, name: str) -> str:
    """The sample file without one of its cases."""
    parts = (folder / "mine/sample.py").read_text().split("\n\n\n")
    return "\n\n\n".join(part for part in parts if f"def {name}(" not in part)


def test_matrix(tcpassay: Tcpassay) -> None:
    """Rows by a glob; over both IP versions unless one is named, and none without asking."""
    code, out, _ = tcpassay("run", "reference", "--case", "matrix/CLOSED")
    assert code == 0
    assert "reference: 24 cases: 24 pass; all as expected" in out
    code, out, _ = tcpassay("run", "reference", "--matrix", "--state", "LISTEN", "--ip", "6")
    assert "reference: 12 cases: 12 pass; all as expected" in out
    way = "matrix/SYN-RECEIVED/RST/seq=rcv.nxt/listen"
    assert "1 pass" in tcpassay("run", "reference", "--case", way, "--ip", "4")[1]
    assert tcpassay("run", "reference", "--case", "matrix/NOWHERE")[0] == 5
