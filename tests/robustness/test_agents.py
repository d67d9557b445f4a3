"""Agents that die, hang and babble: whose fault it is, and nothing of them left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.robustness.conftest import Ended, Program

    Tell = Callable[..., Ended]
    Manifest = Callable[[str, str, str], str]

CASES = '''
from tcpassay.conformance import reach
from tcpassay.conformance.case import case

WAYS = ("die", "give_up", "hang", "babble", "sanitize", "leave", "close", "flood")

@case("MUST-14", rows={name: 9000 + WAYS.index(name) for name in CHOSEN})
def to(bench, row):
    """A SYN to a port that makes the agent go wrong; a verdict."""
    conn = bench.connection(port=row)
    conn.send("S")
    conn.expect("RA")
'''

VERDICTS = {
    "die": "fail",
    "give_up": "error",
    "flood": "fail",
    "babble": "error",
    "sanitize": "fail",
    "leave": "error",
    "close": "error",
}
START = """command = ["{{python}}", "{agent}", "{how}"]
watchdog_s = {watchdog}
hello_s = {hello}
"""


def start(how: str = "well", watchdog: float = 20) -> str:
    agent, hello = Path(__file__).parent / "wild_agent.py", 0.5 if how == "silent" else 20
    return START.format(agent=agent, how=how, watchdog=watchdog, hello=hello)


def write_cases(folder: Path, *ways: str) -> None:
    (folder / "cases.py").write_text(f"CHOSEN = {ways!r}\n{CASES}")


def cases_of(run: Path) -> dict[str, dict[str, str]]:
    """The record's cases by the name of the row."""
    lines = [json.loads(line) for line in (run / "run.jsonl").read_text().splitlines()]
    cases = [line["case"] for line in lines if "case" in line]
    return {
        case["id"].rpartition("/")[2]: case
        for case in cases
        if not case["id"].startswith("oracle/")
    }


def test_after_hello(program: Program, manifest: Manifest, tmp_path: Path) -> None:
    """Each way in a case of its own; the stack's faults fail, the agent's are errors, exit 3."""
    write_cases(tmp_path, *VERDICTS)
    target = manifest("wild", "process", start())
    run = ("run", target, "--case", "./cases.py", "--out", "out", "--junit", "junit.xml")
    assert program(*run).code == 3
    cases = cases_of(tmp_path / "out")
    verdicts = {name: case["verdict"] for name, case in cases.items()}
    assert verdicts == VERDICTS
    assert "died by SIGSEGV; it printed last: stack: assertion failed" in cases["die"]["message"]
    assert "assertion failed" in cases["die"]["stderr"]
    assert "AddressSanitizer: heap-buffer-overflow in tcp_input" in cases["sanitize"]["message"]
    assert "#0 0x4f2 in tcp_input src/core/tcp_in.c:321:5" in cases["sanitize"]["stderr"]
    junit = (tmp_path / "junit.xml").read_text()
    assert "AddressSanitizer: heap-buffer-overflow in tcp_input src/core/tcp_in.c:321:5" in junit
    assert "    #0 0x4f2 in tcp_input src/core/tcp_in.c:321:5" in junit
    assert "exit status 70; it printed last: agent: out of" in cases["give_up"]["message"]
    assert "frame length 1213486160" in cases["babble"]["message"]


def test_hanging(program: Program, manifest: Manifest, tmp_path: Path) -> None:
    """An agent that answers no more; its watchdog's time is over, and the case fails."""
    write_cases(tmp_path, "hang")
    target = manifest("wild", "process", start(watchdog=1.5))
    assert program("run", target, "--case", "./cases.py", "--out", "out").code == 1
    (case,) = cases_of(tmp_path / "out").values()
    assert case["verdict"] == "fail"
    assert "not idle within the watchdog's 1.5 s" in case["message"]


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_cut_short_while_an_agent_hangs(
    program: Program, manifest: Manifest, tmp_path: Path, number: int, code: int
) -> None:
    """A signal while an agent sleeps in the midst of a case; the run ends, and the agents."""
    write_cases(tmp_path, "hang")
    target = manifest("wild", "process", start(watchdog=300))
    running = subprocess.Popen(
        [sys.executable, "-m", "tcpassay", "run", target, "--case", "./cases.py", "--out", "out"],
        cwd=tmp_path,
        env=program.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    hangs = Path(target) / "hangs"
    deadline = time.monotonic() + 60
    while not hangs.exists() and time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            running.wait(0.02)
            break
    running.send_signal(number)
    _, errors = running.communicate(timeout=60)
    assert hangs.exists(), errors
    assert running.returncode == code, errors
    assert "Traceback" not in errors
    program.left_nothing()


def test_before_and_at_hello(program: Program, manifest: Manifest) -> None:
    """Agents that never get as far as a case; each is told, the other target runs all the same."""
    fates = {
        "die": "died by SIGSEGV before HELLO; it printed last: stack: assertion failed",
        "silent": "no HELLO from ",
        "version": "wild-version: the agent speaks protocol version 9, wanted 1",
        "garbage": "wild-garbage: frame length 1397966893, wanted 7 to ",
        "refuse": "no licence",
    }
    targets = [manifest(f"wild-{how}", "process", start(how)) for how in fates]
    cases = ("--case", str(Path(__file__).parent / "nine.py"))
    ended = program("run", *targets, "reference", *cases, "--out", "out")
    assert ended.code == 3, ended.err
    for how, said in fates.items():
        (line,) = [line for line in ended.err.splitlines() if f"wild-{how}: not started: " in line]
        assert said in line
    assert "reference: 9 cases: 9 pass" in ended.out


@pytest.mark.parametrize("how", ["die", "refuse"])
def test_not_started(tell: Tell, manifest: Manifest, how: str) -> None:
    """The stack's fault and nothing else; exit 4."""
    assert tell("run", manifest("wild", "process", start(how)), "--out", "out").code == 4


def test_no_program(tell: Tell, manifest: Manifest) -> None:
    """A command that is not there; exit 4 with its name, 0 where that was allowed for."""
    target = manifest("wild", "process", 'command = ["./no-such-agent"]')
    ended = tell("run", target, "--out", "out")
    assert ended.code == 4
    assert "cannot start './no-such-agent': No such file or directory; see start.comm" in ended.err
    ended = tell("run", target, "--out", "out", "--where-possible")
    assert ended.code == 0
    assert "wild: skipped: target 'wild': cannot start" in ended.out


def test_clock_that_stands(program: Program, manifest: Manifest) -> None:
    """An agent that answers ADVANCE at once with the old time; told, not waited for for ever."""
    agent = Path(__file__).parents[1] / "targets/odd_agent.py"
    target = manifest("odd", "process", f'command = ["{{python}}", "{agent}", "well"]')
    ended = program("run", target, "--out", "out")
    assert ended.code == 3
    assert "ended ADVANCE at 0 ns without an event, wanted 1000000000 ns" in ended.err
