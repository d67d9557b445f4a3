"""`replay --export`: recorded traces of cases and findings as files for other tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tcpassay.conformance.load import load_cases
from tcpassay.conformance.trials import trials_of
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.registry import open_target

Tcpassay = Callable[..., tuple[int, str, str]]


@pytest.fixture
def trace(tcpassay: Tcpassay, sample: str) -> str:
    """The trace of a case that failed, as `run` leaves it."""
    tcpassay("run", "reference", "--case", sample, "--requirement", "MUST-14", "--out", "out")
    return "out/traces/reference/mine__sample__wrong__plain.json"


def test_pytest_case_of_a_case(tcpassay: Tcpassay, trace: str) -> None:
    """The trace of a conformance case that failed; the case fails again, by its requirement."""
    assert tcpassay("replay", trace, "--export", "pytest", "-o", "exported.py")[0] == 0
    catalogue = load_catalogue()
    (case,) = load_cases(Path("exported.py"), catalogue)
    outcome = trials_of([case], catalogue, mutants=()).run(open_target("reference"), case)
    assert (outcome.verdict, outcome.unmet) == (Verdict.FAIL, ("RFC9293:MUST-14",))


@pytest.mark.parametrize(
    ("form", "begins"), [("pcapng", b"\n\r\r\n"), ("packetdrill", b"// mine/"), ("scapy", b"#!")]
)
def test_files(tcpassay: Tcpassay, trace: str, form: str, begins: bytes) -> None:
    """The same trace in the other forms; each a file, nothing on standard output."""
    code, out, err = tcpassay("replay", trace, "--export", form, "-o", "exported")
    assert (code, out, err) == (0, "", "")
    assert Path("exported").read_bytes().startswith(begins)


def test_standard_output(tcpassay: Tcpassay, trace: str) -> None:
    """No -o; the text, the offending segment marked."""
    code, out, _ = tcpassay("replay", trace, "--export", "packetdrill")
    assert (code, "// here: fail: " in out) == (0, True)


def test_what_cannot_be(tcpassay: Tcpassay, trace: str) -> None:
    """-o without a form, a folder as file, a full device, a form unknown; one line each."""
    assert tcpassay("replay", trace, "-o", "x")[0] == 2
    assert tcpassay("replay", trace, "--export", "scapy", "-o", ".")[0] == 2
    assert tcpassay("replay", trace, "--export", "tar")[0] == 2
    code, _, err = tcpassay("replay", trace, "--export", "scapy", "-o", "/dev/full")
    assert code == 3
    assert "No space left on device" in err
