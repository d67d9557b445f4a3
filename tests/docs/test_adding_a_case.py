"""docs/adding-a-case.md: its case kills its mutant, and a blunter one does not, as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from tcpassay.cli import mutants
from tcpassay.conformance.load import load_cases
from tcpassay.core.content import content_root

PAGE = (content_root() / "docs" / "adding-a-case.md").read_text()
CASE, MUTANT = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
NAME = "syn_not_challenged"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The case of the page, in the folder that the page says."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mycases" / "blind_syn.py"
    path.parent.mkdir()
    path.write_text(CASE)
    assert len(load_cases(path)) == 2
    return "mycases/blind_syn.py"


def tried(file: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """`make mutants MUTANT=... CASE=...`: exit code and lines."""
    with pytest.raises(typer.Exit) as ended:
        mutants.main([NAME], [file])
    return ended.value.exit_code, capsys.readouterr().out.splitlines()


def test_the_case_kills_the_mutant(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The case on the mutant; killed, with the lines that the page shows."""
    code, lines = tried(file, capsys)
    assert code == 0
    assert all(f"{line}\n" in PAGE for line in lines[:-1])
    assert len(lines) == 4


def test_a_blunt_case_does_not(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The two lines left out that the page names; the mutant survives, as shown."""
    sharp = CASE.splitlines(keepends=True)
    first = next(n for n, line in enumerate(sharp) if "conn.expect(" in line)
    blunt = [*sharp[:first], "    conn.drop_arrivals()\n", *sharp[first + 2 :]]
    Path(file).write_text("".join(blunt))
    code, lines = tried(file, capsys)
    assert code == 1
    assert all(f"{line}\n" in PAGE for line in lines[:4])


def test_the_mutant_is_the_one_that_is_there() -> None:
    """The mutant on the page; the file's text."""
    assert (content_root() / "targets" / "mutants" / f"{NAME}.py").read_text() == MUTANT
