"""`tcpassay replay`: a kept trace gives its verdict again, and garbage one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Tcpassay = Callable[..., tuple[int, str, str]]

_TRACE = "out/traces/reference/mine__sample__wrong__plain.json"


@pytest.fixture
def trace(tcpassay: Tcpassay, sample: str) -> str:
    """The trace of a case that failed, as `run` leaves it."""
    tcpassay("run", "reference", "--case", sample, "--requirement", "MUST-14", "--out", "out")
    return _TRACE


def test_same_verdict(tcpassay: Tcpassay, trace: str) -> None:
    """The recorded seed, then another; the same verdict, exit 0, and what happened."""
    for more in ((), ("--seed", "12345"), ("--target", "reference")):
        code, out, _ = tcpassay("replay", trace, *more)
        assert code == 0
        assert "FAIL  reference  mine/sample/wrong/plain  (as recorded)" in out
        assert "> S. 0:0(0) ack 1" in out
        assert "  flags  SA " in out


def test_another_verdict(tcpassay: Tcpassay, trace: str) -> None:
    """A trace that claims to have passed; exit 1, and both verdicts."""
    path = Path(trace)
    path.write_text(path.read_text().replace('"verdict": "fail"', '"verdict": "pass"'))
    code, out, _ = tcpassay("replay", trace)
    assert code == 1
    assert "FAIL  reference  mine/sample/wrong/plain  (recorded: pass)" in out


@pytest.mark.parametrize(
    ("text", "arguments", "complaint"),
    [
        ("garbage", (), "not JSON"),
        ("{}", (), "bad.json"),
        (None, (), "cannot be read"),
        (None, ("--target", "nosuch"), "cannot be read"),
    ],
)
def test_garbage_is_one_line(
    tcpassay: Tcpassay, tmp_path: Path, text: str | None, arguments: tuple[str, ...], complaint: str
) -> None:
    """No trace; exit 2 and one line that names the file."""
    path = tmp_path / "bad.json"
    if text is not None:
        path.write_text(text)
    code, out, err = tcpassay("replay", str(path), *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert complaint in err
    assert "bad.json" in err


def test_unknown_target(tcpassay: Tcpassay, trace: str) -> None:
    """A target that there is not; exit 2."""
    code, _, err = tcpassay("replay", trace, "--target", "nosuch")
    assert code == 2
    assert "unknown target 'nosuch'" in err
