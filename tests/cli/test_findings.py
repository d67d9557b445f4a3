"""`replay` and `minimise` of findings: what they say, how they end, what they make of garbage."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpassay.fuzz.cases.steps import Do, FuzzCase, Send
from tcpassay.fuzz.finding.findings import Findings
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.reach import opened
from tcpassay.fuzz.playing.stay import Stay
from tcpassay.targets.mutants import open_mutant
from tcpassay.wire import FIN, MaximumSegmentSize

Tcpassay = Callable[..., tuple[int, str, str]]

_CASE = FuzzCase(
    (
        *opened(syn=(MaximumSegmentSize(536),)).steps,
        Do("send", "c0", args=(("text", 1200), ("flags", ("MSG_NOSIGNAL",)))),
        Send(flags=FIN | 16, seq=1, ack=1201),
    ),
    "by hand",
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of a finding of a mutant, before anybody minimised it."""
    folder = tmp_path_factory.mktemp("findings")
    target = open_mutant("peer_mss_ignored")
    judge = Judge(target.manifest, target.version())
    stay = Stay(target, judge, 1)
    try:
        (ran,) = stay.run([(0, _CASE)])
        findings = Findings(target, judge, 1, folder, budget=0)
        finding = findings.consider(ran, ran.alarms[0])
    finally:
        stay.close()
        target.close()
    assert finding is not None
    return findings.path(finding)


def test_same_finding(tcpassay: Tcpassay, kept: Path) -> None:
    """On its own target; the packets, the word of the oracle, exit 0."""
    for more in ((), ("--seed", "9"), ("--target", "mutants/peer_mss_ignored")):
        code, out, _ = tcpassay("replay", str(kept), *more)
        assert code == 0
        assert "1200 octets of text; allowed: at most 536 (RFC9293:MUST-16, MUST)" in out
        assert "SAME FINDING  mutants/peer_mss_ignored  RFC9293:MUST-16" in out
        assert "> P. 1:1201(1200) ack 1" in out


def test_nothing(tcpassay: Tcpassay, kept: Path) -> None:
    """On a stack without the fault; exit 1, and what was recorded."""
    code, out, _ = tcpassay("replay", str(kept), "--target", "reference")
    assert code == 1
    assert "NOTHING  reference" in out
    assert "(recorded on mutants/peer_mss_ignored (" in out


def test_another(tcpassay: Tcpassay, kept: Path, tmp_path: Path) -> None:
    """A trace that names another requirement; exit 1."""
    path = _changed(kept, tmp_path, lambda fuzz: fuzz["shown"].update(requirement="X:1"))
    code, out, _ = tcpassay("replay", str(path))
    assert (code, "ANOTHER FINDING  mutants/peer_mss_ignored" in out) == (1, True)


def test_minimised(tcpassay: Tcpassay, kept: Path, tmp_path: Path) -> None:
    """Eight steps; fewer in a file of its own, progress on standard error, and it replays."""
    small = tmp_path / "small.json"
    code, out, err = tcpassay("minimise", str(kept), "-o", str(small))
    assert code == 0
    assert "stacks: " in err
    assert out.splitlines()[-1] == str(small)
    form = json.loads(small.read_text())
    assert len(form["info"]["fuzz"]["case"]["steps"]) < len(_CASE.steps) - 2
    assert tcpassay("replay", str(small))[0] == 0


def test_minimised_where_it_is_not(tcpassay: Tcpassay, kept: Path, tmp_path: Path) -> None:
    """A stack without the fault; exit 1, no file."""
    small = tmp_path / "small.json"
    code, out, _ = tcpassay("minimise", str(kept), "--target", "reference", "-o", str(small))
    assert (code, small.exists()) == (1, False)
    assert out.startswith("NOTHING  reference")


def _changed(
    kept: Path, folder: Path, change: Callable[[dict[str, dict[str, object]]], None]
) -> Path:
    form = json.loads(kept.read_text())
    change(form["info"]["fuzz"])
    path = folder / "changed.json"
    path.write_text(json.dumps(form))
    return path


_LINE = '{"schema": 1, "origin": "x", "ip": 4, "steps": []}\n'


@pytest.mark.parametrize("verb", ["replay", "minimise"])
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (lambda kept: kept.replace('"schema": 1', '"schema": 2', 1), "trace version 2"),
        (lambda kept: kept[: len(kept) // 2], "is the file whole?"),
        (lambda _: _LINE, "the head of the trace: 'ports' is missing"),
        (lambda _: _LINE + _LINE, "not JSON"),
    ],
)
def test_garbage_is_one_line(
    tcpassay: Tcpassay,
    kept: Path,
    tmp_path: Path,
    verb: str,
    text: Callable[[str], str],
    complaint: str,
) -> None:
    """Traces of another version, torn files, corpus files; exit 2 and one line."""
    path = tmp_path / "bad.json"
    path.write_text(text(kept.read_text()))
    code, out, err = tcpassay(verb, str(path))
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert complaint in err
    assert "bad.json" in err


@pytest.mark.parametrize("verb", ["replay", "minimise"])
@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ({"fly": {}}, "step 0: 'fly' is missing or unknown"),
        ({"send": {"seq": 1e9}}, "step 0: seq is 1000000000.0, wanted a whole number"),
        ({"send": {"flags": 70_000}}, "flags is 70000, wanted a whole number from 0 to 511"),
        ({"send": {"seq": 1 << 80, "data": 1 << 40}}, "wanted a whole number from -8589934592"),
        ({"call": {"call": "connect", "args": [["address", ["moon", 0]]]}}, "address ['moon', 0]"),
        ({"listen": {"port": "x"}}, "step 0: port is 'x', wanted a whole number"),
        ({"wait": {"ns": None}}, "step 0: ns is None, wanted a whole number"),
        ({"raw": {"octets": 5}}, "step 0: "),
    ],
)
def test_steps_that_make_no_sense(
    tcpassay: Tcpassay, kept: Path, tmp_path: Path, verb: str, step: object, complaint: str
) -> None:
    """A first step that no case can have; exit 2 and one line that names it."""
    path = _changed(kept, tmp_path, lambda fuzz: fuzz["case"].update(steps=[step]))
    code, out, err = tcpassay(verb, str(path))
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert complaint in err
    assert "changed.json" in err


@pytest.mark.parametrize(
    "step",
    [
        {"call": {"call": "sing"}},
        {"call": {"call": "close", "on": "nobody"}},
        {"wait": {"ns": -5}},
        {"icmp": {"conn": -3}},
        {"raw": {"octets": {"hex": ""}}},
    ],
)
def test_steps_that_lead_nowhere(
    tcpassay: Tcpassay, kept: Path, tmp_path: Path, step: object
) -> None:
    """A first step that is odd and can be played; no finding, or one clear line."""
    path = _changed(kept, tmp_path, lambda fuzz: fuzz["case"].update(steps=[step]))
    code, out, err = tcpassay("replay", str(path))
    assert code in {1, 2}
    assert "NOTHING" in out or "FINDING" in out or "changed.json" in err


def test_minimise_wants_a_finding(tcpassay: Tcpassay, sample: str) -> None:
    """The trace of a case; exit 2 and what is wanted."""
    tcpassay("run", "reference", "--case", sample, "--requirement", "MUST-14", "--out", "out")
    code, _, err = tcpassay("minimise", "out/traces/reference/mine__sample__wrong__plain.json")
    assert (code, "not of a finding" in err) == (2, True)


def test_full_disk(tcpassay: Tcpassay, kept: Path, tmp_path: Path) -> None:
    """A file system of 4 KiB; one clear line, exit 3, nothing half-written."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system of our own here: {mounted.stderr.decode().strip()}")
    try:
        code, _, err = tcpassay("minimise", str(kept), "-o", str(disk / "small.json"))
        assert code == 3
        assert "not written: No space left on device" in err.splitlines()[-1]
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
