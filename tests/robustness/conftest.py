"""`tcpassay` as a program, watched for what it prints, how it ends and what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from tcpassay.cli.app import make_app

PROGRAM = (sys.executable, "-m", "tcpassay")
HERE = Path(__file__).parent
GONE_WITHIN_S = 10.0
MARK = "TCPASSAY_TEST_MARK"

MANIFEST = """
name = "{name}"
title = "A stack that goes wrong"
kind = "{kind}"
clock = "virtual"
capabilities = ["active_open", "errno", "descriptors", "state_probe"]
[start]
{start}
[addresses.ipv4]
stack = ["192.0.2.1", "192.0.2.3"]
peer = "192.0.2.2"
prefix = 24
"""


class Ended(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """The last line on standard error."""
        return (self.err.splitlines() or [""])[-1]


class Program:
    """Runs `tcpassay` with a mark in its environment and a folder of its own for files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.mark = uuid.uuid4().hex
        self.environment = {
            **os.environ,
            MARK: self.mark,
            "TMPDIR": str(self.temporary),
            "NO_COLOR": "1",
            "COLUMNS": "200",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def __call__(self, *arguments: str, **options: Any) -> Ended:
        """Run it to its end; its faults, and what it leaves behind, fail the test."""
        options = {"env": self.environment, "cwd": self.folder, **options}
        before = options.pop("before", ())
        done = subprocess.run(
            [*before, *options.pop("program", PROGRAM), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
            **options,
        )
        out = (done.stdout or b"").decode(errors="replace")
        ended = Ended(done.returncode, out, done.stderr.decode(errors="replace"))
        assert "Traceback" not in ended.err
        assert "internal fault" not in ended.err
        self.left_nothing()
        return ended

    def left_nothing(self) -> None:
        """No process, no namespace of one, no temporary file."""
        deadline = time.monotonic() + GONE_WITHIN_S
        while (left := self.processes()) and time.monotonic() < deadline:
            os.sched_yield()
        assert left == []
        assert list(self.temporary.iterdir()) == []
        assert not list(self.folder.rglob("*.part"))

    def processes(self) -> list[str]:
        """The commands that run with our mark, zombies left out."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run the command line in this process, which is quicker and as good for bad input."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str) -> Ended:
        result = CliRunner().invoke(make_app(arguments), list(arguments))
        ended = Ended(result.exit_code, result.stdout, result.stderr)
        assert isinstance(result.exception, SystemExit | None)
        assert "internal fault" not in ended.err
        return ended

    return invoke


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[[str, str, str], str]:
    """Writes a target.toml for a stack that goes wrong; its folder, as `run` takes it."""

    def write(name: str, kind: str, start: str) -> str:
        place = tmp_path / name
        place.mkdir()
        (place / "target.toml").write_text(MANIFEST.format(name=name, kind=kind, start=start))
        return str(place)

    return write


@pytest.fixture
def wild(manifest: Callable[[str, str, str], str]) -> Callable[[str], str]:
    """A target of kind in-process for an entry of wild_stack.py."""
    return lambda entry: manifest(
        entry.replace("_", "-"),
        "in-process",
        f'entry = "wild_stack:{entry}"\npath = "{HERE}"',
    )
