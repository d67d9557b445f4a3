"""Traces for other tools: findings and cases as packetdrill, pcapng, pytest and Scapy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest

from tcpassay.conformance.load import load_cases
from tcpassay.conformance.trials import Outcome, trials_of
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.trace import Trace
from tcpassay.core.verdict import Level, Verdict
from tcpassay.fuzz.alarms import Alarm, Key
from tcpassay.fuzz.cases.steps import Do, FuzzCase, LearnedCookie, Listen, Raw, Send, Tell, Wait
from tcpassay.fuzz.finding.kept import Finding, info_of
from tcpassay.fuzz.finding.pytest_case import code, pytest_text
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.fuzz.playing.reach import opened
from tcpassay.fuzz.sources.sequence import Sequence
from tcpassay.fuzz.sources.sweep import Sweep
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.exports.packetdrill import packetdrill_text
from tcpassay.reports.exports.pytest_case import recorded_case
from tcpassay.reports.exports.scapy_script import scapy_text
from tcpassay.targets.contract import Target
from tcpassay.targets.mutants import open_mutant
from tcpassay.targets.registry import open_target
from tcpassay.wire import (
    ACK,
    FIN,
    PSH,
    FastOpen,
    MaximumSegmentSize,
    ParseError,
    Segment,
    Timestamps,
    parse,
)
from tcpassay.wire.tracefile import TraceFile, dumps, loads

_CASE = FuzzCase(
    (
        *opened(syn=(MaximumSegmentSize(536),)).steps,
        Do("send", "c0", args=(("text", 1200), ("flags", ("MSG_NOSIGNAL",)))),
    ),
    "by hand",
)


@pytest.fixture
def mutant() -> Iterator[Target]:
    target = open_mutant("peer_mss_ignored")
    yield target
    target.close()


@pytest.fixture
def found(mutant: Target) -> tuple[Finding, Trace]:
    trial = try_alone(mutant, Judge(mutant.manifest, mutant.version()), _CASE, 1)
    alarm = trial.alarms[0]
    finding = Finding("mutants/x", "1", alarm.key, alarm, _CASE, 0, 1, _CASE)
    return finding, trial.trace


def _file(found: tuple[Finding, Trace]) -> TraceFile:
    return loads(dumps(found[1], info_of(found[0])))


def _traces(count: int) -> Iterator[TraceFile]:
    """Cases of all kinds as they went on the reference stack."""
    target = open_target("reference")
    judge = Judge(target.manifest, target.version())
    for number in range(count):
        for source in (Sequence(3), Sweep(3), Sweep(3, ip=6)):
            trial = try_alone(target, judge, source.case(number), number)
            yield loads(dumps(trial.trace, {"verdict": "pass", "requirements": ["X"]}))


def test_packetdrill(found: tuple[Finding, Trace]) -> None:
    """A finding; what it is about as comments, the offending segment marked."""
    lines = packetdrill_text(_file(found)).splitlines()
    assert lines[1] == "// 1200 octets of text (RFC9293:MUST-16, MUST)"
    assert lines[2] == "// allowed: at most 536"
    at = next(place for place, line in enumerate(lines) if line.startswith("// here: "))
    assert "P. 1:1201(1200)" in lines[at + 1]
    assert "+0 < S 0:0(0) win 65535 <mss 536>" in lines


def test_packetdrill_of_anything() -> None:
    """Every kind of case; every line is a comment or begins with a time."""
    for file in _traces(15):
        for line in packetdrill_text(file).splitlines():
            assert line.startswith(("// ", "+", "-"))


# -- pytest ---------------------------------------------------------------------------------------


def _outcome(text: str, folder: Path, target: Target) -> Outcome:
    path = folder / "exported.py"
    path.write_text(text)
    catalogue = load_catalogue()
    (case,) = load_cases(path, catalogue)
    return trials_of([case], catalogue, mutants=()).run(target, case)


def test_pytest_case_of_a_finding(
    found: tuple[Finding, Trace], mutant: Target, tmp_path: Path
) -> None:
    """A finding as a case; it fails by its requirement where the fault is, else it passes."""
    text = pytest_text(*found)
    outcome = _outcome(text, tmp_path, mutant)
    assert (outcome.verdict, outcome.unmet) == (Verdict.FAIL, ("RFC9293:MUST-16",))
    assert "1200 octets of text; allowed: at most 536" in outcome.message
    mutant.close()
    assert _outcome(text, tmp_path, open_target("reference")).verdict is Verdict.PASS


def test_steps_as_python() -> None:
    """Every kind of step as code; it gives the step again."""
    names = {
        "Do": Do, "LearnedCookie": LearnedCookie, "Listen": Listen, "Raw": Raw, "Send": Send,
        "Tell": Tell, "Wait": Wait, "ACK": ACK, "FIN": FIN, "PSH": PSH, "FastOpen": FastOpen,
        "Timestamps": Timestamps,
    }  # fmt: skip
    steps = (
        Send(), Send(3, 0), Send(1, FIN | ACK | PSH | 0x140, 5, 7, flaws=(("ttl", 3),)),
        Send(options=(Timestamps(1, 2), LearnedCookie(3), FastOpen(b"\x00'\"x"))),
        Tell(1, rest=9), Raw(b"\x00\xff"), Listen(), Listen(backlog=9), Wait(5),
        Do("send", "c0", args=(("text", 5), ("flags", ()))),
    )  # fmt: skip
    for step in steps:
        assert eval(code(step), names) == step  # noqa: S307 - what we have just written
    assert code(Send(flags=FIN | ACK, seq=1)) == "Send(flags=FIN | ACK, seq=1)"


def test_pytest_case_imports_what_it_names() -> None:
    """Cases of all sources, with hostile words; Python that runs."""
    for number in range(25):
        for case in (Sequence(5).case(number), Sweep(5).case(number)):
            case = case._replace(origin='"""\\\n', settings=("no_rack",), iss=7)  # noqa: PLW2901
            alarm = Alarm(
                "oracle", Key("RFC9293:MUST-5", '"', "\\", "x"), '"""', "\\", 0, Level.MUST
            )
            finding = Finding("t", '"""', alarm.key, alarm, case, 0, 0, case)
            module: dict[str, object] = {}
            exec(compile(pytest_text(finding, Trace()), "exported", "exec"), module)  # noqa: S102
            assert module["CASE"] == case


def test_row_of_the_matrix_is_no_pytest_case() -> None:
    """A row of the matrix, and a trace that judges nothing; one line that says what to do."""
    file = next(_traces(1))
    row = replace(file, case="matrix/CLOSE-WAIT/RST/seq=inside/connect")
    with pytest.raises(ConfigurationError, match="is a row of the matrix: run it by"):
        recorded_case(row, "")
    bare = replace(file, info={"verdict": "pass"})
    with pytest.raises(ConfigurationError, match="names no requirement"):
        recorded_case(bare, "")


# -- Scapy ----------------------------------------------------------------------------------------


class _Link:
    """Takes what a script sends; nothing ever comes."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, octets: bytes) -> None:
        self.sent.append(octets)

    def receive(self, _seconds: float) -> bytes | None:
        return None


def _script(file: TraceFile) -> ModuleType:
    module = ModuleType("script")
    exec(compile(scapy_text(file), "script", "exec"), module.__dict__)  # noqa: S102 - our own
    return module


def _sent(script: ModuleType, file: TraceFile, moved: int) -> list[bytes]:
    """What a script sends, with all numbers so far from the recorded ones."""
    bases = iter(file.bases.values())
    link = _Link()
    options = SimpleNamespace(stack=script.RECORDED_STACK, peer=script.RECORDED_PEER, settle=0)
    wire = script.Wire(link, options)

    def bound(stack_port: int, peer_port: int) -> object:
        conn, known = script.Connection(stack_port, peer_port), next(bases)
        conn.iss, conn.ts = known.get("peer.iss", 0) + moved, known.get("peer.ts0", 0) + moved
        conn.their_iss = known.get("stack.iss", 0) + moved
        conn.their_ts = known.get("stack.ts0", 0) + moved
        return conn

    wire.connection = bound
    wire.call = wire.wait = wire.expect = lambda *_, **__: None
    script.steps(wire)
    return link.sent


def _soundness(octets: bytes) -> object:
    """Whether a segment's checksum is right; what it is not where it is no segment."""
    try:
        body = parse(octets).body
    except ParseError:
        return "unreadable"
    return body.checksum is None if isinstance(body, Segment) else "no segment"


def test_scapy_sends_the_same_octets() -> None:
    """Scripts of all kinds of cases: the recorded numbers give the recorded octets, others
    checksums that are as right or as wrong.
    """
    compared = 0
    for file in _traces(12):
        script = _script(file)
        recorded = [cast("bytes", e.data) for e in file.trace.entries if e.kind == "send"]
        assert _sent(script, file, 0) == recorded
        others = _sent(script, file, 123_456)
        assert [_soundness(each) for each in others] == [_soundness(each) for each in recorded]
        compared += len(recorded)
    assert compared > 200


def test_scapy_script_is_harmless_by_itself(found: tuple[Finding, Trace], tmp_path: Path) -> None:
    """No interface named; it says what it wants and sends nothing."""
    path = tmp_path / "script.py"
    path.write_text(scapy_text(_file(found)))
    ast.parse(path.read_text())
    ended = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert "one of the arguments --tun --iface is required" in ended.stderr


def test_scapy_script_against_the_kernel(found: tuple[Finding, Trace], tmp_path: Path) -> None:
    """In a network namespace of its own, on a TUN: handshake, call, and what came beside it."""
    path = tmp_path / "script.py"
    path.write_text(scapy_text(_file(found)))
    words = ["unshare", "-n", sys.executable, str(path), "--tun", "assay0", "--settle", "0.05"]
    try:
        ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if "unshare" in ended.stderr or "/dev/net/tun" in ended.stderr:
        pytest.skip(f"no namespace or TUN here: {ended.stderr.strip().splitlines()[-1]}")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert any(line.startswith("came      > SA 0:0(0) ack 1") for line in lines)
    assert "THIS is what was found: 1200 octets of text (RFC9293:MUST-16, MUST)" in lines
    # The kernel does heed the MSS.
    assert any("1:537(536)" in line for line in lines if line.startswith("came"))
