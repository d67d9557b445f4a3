"""Commands that reports offer for a target given by its path: each of them runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import junitparser
import pytest

from tcpassay.core.content import content_root
from tcpassay.reports.archive import Archive
from tcpassay.reports.page import columns_of
from tcpassay.reports.page.column import key_of
from tcpassay.reports.page.details import cell

Tcpassay = Callable[..., tuple[int, str, str]]

COPY = f'name = "copy"\ntitle = "A copy"\nlike = "{content_root() / "targets/reference"}"\n'
#: Exit codes of commands that did what they say: as expected or recorded, and not.
PLAYED = (0, 1)


@pytest.fixture
def run(tcpassay: Tcpassay, sample: str) -> Path:
    """A run of a stack and of cases that the project does not know; its folder."""
    Path("my stack").mkdir()
    Path("my stack/target.toml").write_text(COPY)
    text = Path(sample).read_text()
    Path(sample).write_text(text[: text.index('@case("MUST-14")')])
    code, out, err = tcpassay(
        "run", "./my stack", "--case", sample, "--case", "sockets/close",
        "--out", "out", "--junit", "junit.xml",
    )  # fmt: skip
    assert code == 1, err
    Path("console.txt").write_text(out)
    return Path("out")


def _commands(text: str) -> set[str]:
    """The commands in a text, to the end of the line or of the code."""
    return set(re.findall(r"tcpassay (?:replay|run) [^`\n]*", text))


def _in_cells(run: Path) -> dict[str, str]:
    """What the page's cells offer, by the case's key."""
    (column,) = columns_of(Archive.open(run))
    assert column.record is not None
    return {
        key: str(cell(column, column.outcomes.cases[key], case)["g"])
        for key, case in {key_of(case): case for case in column.record.cases}.items()
    }


def test_each_runs(tcpassay: Tcpassay, run: Path) -> None:
    """Console, JUnit, Markdown and a page's cells; no command that is refused or finds nothing."""
    assert tcpassay("report", "out", "--markdown", "summary.md")[0] == 0
    suites = junitparser.JUnitXml.fromfile("junit.xml")
    bodies = [str(found.text) for suite in suites for case in suite for found in case.result]
    trace = "traces/copy/mine__sample__wrong__plain.json"
    replay = f"tcpassay replay out/{trace} --target './my stack'"
    own = f"tcpassay run './my stack' --case {Path('mine/sample.py').resolve()}"
    assert _commands(Path("console.txt").read_text()) == {replay}
    assert _commands("\n".join(bodies)) == {replay}
    assert _commands(Path("summary.md").read_text()) == {own}
    cells = _in_cells(run)
    assert cells["mine/sample/wrong/plain"] == replay.replace("out/", "")
    assert cells["mine/sample/handshake"] == own
    assert {cells[key] for key in cells if key.startswith("oracle/")} == {
        "tcpassay run './my stack'"
    }
    close = next(command for command in cells.values() if "--case sockets/close" in command)
    for command in (replay, own, close):
        code, _, err = tcpassay(*shlex.split(command)[1:])
        assert code in PLAYED, err
