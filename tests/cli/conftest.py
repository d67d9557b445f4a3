"""A file of cases that pass, fail, lack a capability and break; and `tcpassay` in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pytest
from typer.testing import CliRunner

from tcpassay.cli.app import make_app
from tests.sample_cases import HANDSHAKE

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = (
    HANDSHAKE
    + '''

@case("MUST-14", rows={"plain": 0})
def wrong(bench, row):
    """A SYN to a listener; an RST, which no stack sends."""
    reach.listener(bench)
    conn = bench.connection()
    conn.send("S")
    conn.expect("R", seq=row)


@case("MUST-14")
def broken(bench):
    """A fault in the case itself; error."""
    raise KeyError("x")


@case("MUST-14", real_s=60.0)
def minute(bench):
    """A minute of silence; nothing is sent."""
    bench.wait(60)
    bench.check(1, 1, "one")
'''
)


class Answer(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of the sample file, as --case takes it; the working folder is the test's own."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "sample.py").write_text(SAMPLE)
    monkeypatch.chdir(tmp_path)
    return "./mine/sample.py"


@pytest.fixture
def tcpassay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Answer]:
    """Run the command line without starting a process, in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: str) -> Answer:
        result = CliRunner().invoke(make_app(arguments), list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return invoke
