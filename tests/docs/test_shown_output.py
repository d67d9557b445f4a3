"""What pages show of our commands is what these print, where every machine can run them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from tcpassay.cli.app import make_app
from tcpassay.core.content import content_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCS = content_root() / "docs"
FENCED = re.compile(r"^```\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def shown(name: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a page behind a prompt, and the lines below each."""
    for block in FENCED.findall((DOCS / name).read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = part.splitlines()
            yield command, lines


def said(words: list[str]) -> tuple[int, str]:
    """What a command of ours prints, with its exit code."""
    done = CliRunner(env={"COLUMNS": "100"}).invoke(make_app([words[0]]), words)
    return done.exit_code, done.output


EXPLAINED = [
    pytest.param(command, lines, id=command)
    for name in ("quick-start.md", "adding-a-case.md")
    for command, lines in shown(name)
    if command.startswith("tcpassay explain")
]


@pytest.mark.parametrize(("command", "lines"), EXPLAINED)
def test_explained(command: str, lines: list[str]) -> None:
    """`tcpassay explain ID`; the lines shown are there, in this order."""
    code, text = said(shlex.split(command)[1:])
    assert code == 0
    at = 0
    for line in lines:
        if line != "...":
            at = text.index(line, at) + len(line)


def test_first_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run of the quick start, on the reference stack; its line, and a page of it."""
    ((command, lines),) = [
        each for each in shown("quick-start.md") if each[0].startswith("tcpassay run")
    ]
    monkeypatch.chdir(tmp_path)
    words = [word for word in shlex.split(command)[1:] if word != "linux"]
    code, text = said(words)
    assert code == 0
    wanted = [line for line in lines if line.startswith("reference: ") and "cases" in line]
    assert len(wanted) == 1
    assert wanted[0] in text
    assert said(["report", "first", "--html", "first/page.html"])[0] == 0
    assert "rfc9293/3.10.7.1/ack_is_reset" in (tmp_path / "first" / "page.html").read_text()
