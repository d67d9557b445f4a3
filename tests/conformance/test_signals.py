from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CASES = '''
from tcpassay.conformance.case import case

@case("MUST-14")
def ends(bench):
    """Nothing; it ends."""
    bench.check(1, 1, "one")

@case("MUST-14")
def spins(bench):
    """Nothing; it never ends."""
    print("spinning", flush=True)
    while True:
        pass

@case("MUST-14")
def waits_its_turn(bench):
    """Nothing; it is never started."""
    bench.check(1, 1, "one")
'''


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_to_the_program_leaves_a_complete_record(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """The case that ended is recorded, the one in flight is cut, the next is not begun."""
    cases = tmp_path / "cases.py"
    cases.write_text(CASES)
    out = tmp_path / "out"
    program = "from tcpassay.cli import main; main()"
    arguments = ["run", "reference", "--case", str(cases), "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "spinning\n"
        running.send_signal(number)
        assert running.wait(timeout=60) == code
    lines = [json.loads(line) for line in (out / "run.jsonl").read_text().splitlines()]
    ended = [line["case"]["id"] for line in lines if "case" in line]
    assert [name.rpartition("/")[2] for name in ended] == ["ends"]
    assert lines[-1]["end"]["interrupted"] == number.name
