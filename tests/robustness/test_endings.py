"""A run that is cut short: its exit status, its record, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from tcpassay.reports.read import read_record

MARK = "TCPASSAY_TEST_MARK"
#: Far more than it takes: the machine may be busy.
WITHIN_S = 60.0
ENOUGH_LINES = 100


def marked(mark: str) -> list[int]:
    """The processes that were started with this mark in their environment, zombies left out."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            environ = (folder / "environ").read_bytes()
        except OSError:
            continue
        if f"{MARK}={mark}".encode() in environ:
            found.append(int(folder.name))
    return found


def start(out: Path, mark: str) -> subprocess.Popen[str]:
    """A run of both targets, stopped in the middle of the cases."""
    return subprocess.Popen(
        [sys.executable, "-m", "tcpassay", "run", "reference", "linux", "--where-possible",
         "--out", str(out)],
        env={**os.environ, MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def await_lines(path: Path, running: subprocess.Popen[str]) -> None:
    """Wait until some cases have ended."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline and running.poll() is None:
        if path.exists() and path.read_bytes().count(b"\n") >= ENOUGH_LINES:
            return
        running_wait(running)
    if running.poll() is not None:
        pytest.fail(f"ended before {ENOUGH_LINES} cases: {running.communicate()[1]}")
    running.kill()
    pytest.fail(f"no {ENOUGH_LINES} cases in {WITHIN_S} s")


def running_wait(running: subprocess.Popen[str]) -> None:
    """Let the run go on for a moment."""
    try:
        running.wait(0.02)
    except subprocess.TimeoutExpired:
        return


@pytest.mark.parametrize(
    ("number", "status", "told"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "interrupted"),
        (signal.SIGKILL, -signal.SIGKILL, ""),
    ],
)
def test_cut_short(tmp_path: Path, number: signal.Signals, status: int, told: str) -> None:
    """The record holds what had ended, the status is the signal's, no process stays."""
    mark, out = uuid.uuid4().hex, tmp_path / "out"
    run = start(out, mark)
    await_lines(out / "run.jsonl", run)
    run.send_signal(number)
    _, errors = run.communicate(timeout=WITHIN_S)
    assert run.returncode == status, errors
    assert "Traceback" not in errors
    assert told in errors
    record = read_record(out / "run.jsonl")
    assert len(record.cases) >= ENOUGH_LINES - 2
    assert json.loads((out / "run.jsonl").read_text().splitlines()[0])
    deadline = time.monotonic() + WITHIN_S
    while (left := marked(mark)) and time.monotonic() < deadline:
        os.sched_yield()
    assert left == []
