"""The command that shows a case again; for each kind of case and of target the one that exists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tcpassay.conformance.result import CaseResult, Location, TargetInfo
from tcpassay.core.verdict import Verdict
from tcpassay.reports.again import again
from tcpassay.reports.outcomes import Outcome
from tcpassay.reports.record import RunRecord
from tcpassay.targets.wire.target import Port

CASE = CaseResult(
    id="sockets/close/twice",
    target="mine",
    ip=4,
    title="",
    location=Location("conformance/cases/sockets/close.py", 1),
    requirements=(),
    verdict=Verdict.PASS,
    as_expected=True,
)
OWN = replace(CASE, location=Location("/home/me/my cases.py", 1))
ORACLE = replace(CASE, id="oracle/RFC3168:6.1.2-ECE")
LAB = Port("lab", "2001:db8::1", 7, peer="2001:db8::2").words


@pytest.mark.parametrize(
    ("case", "named", "trace", "command"),
    [
        (CASE, ["mine"], None, "run mine --case sockets/close/twice"),
        (CASE, ["mine"], "out/traces/x.json", "replay out/traces/x.json --target mine"),
        (replace(CASE, ip=6), ["mine"], "x.json", "replay x.json --target mine"),
        (replace(CASE, ip=6), ["mine"], None, "run mine --case sockets/close/twice --ip 6"),
        (CASE, ["./my stack"], None, "run './my stack' --case sockets/close/twice"),
        (OWN, ["mine"], None, "run mine --case '/home/me/my cases.py'"),
        (ORACLE, ["mine"], None, "run mine"),
        (replace(ORACLE, ip=6), ["mine"], None, "run mine --ip 6"),
        (ORACLE, LAB, None, "run --wire-only '[2001:db8::1]:7' --netns lab --peer 2001:db8::2"),
        (
            CASE, LAB[:4], "x.json",
            "replay x.json --wire-only '[2001:db8::1]:7' --netns lab",
        ),
        (Outcome("a/b", 6, Verdict.PASS, ()), ["mine"], None, "run mine --case a/b --ip 6"),
    ],
)  # fmt: skip
def test_the_command(
    case: CaseResult | Outcome, named: list[str], trace: str | None, command: str
) -> None:
    """A case with and without a trace, of an own file, the oracle's, over IPv6, of a baseline."""
    assert again(case, named, trace) == f"tcpassay {command}"


def test_what_names_a_target() -> None:
    """A target given by path, one of a record that does not say; the path, and the name."""
    named = TargetInfo("copy", "", "1", "virtual", (), ("./mine",))
    record = RunRecord(0, "", (named, TargetInfo("old", "", "1", "virtual", ())), (), {})
    assert [record.named(name) for name in ("copy", "old", "none")] == [
        ("./mine",), ("old",), ("none",),
    ]  # fmt: skip
