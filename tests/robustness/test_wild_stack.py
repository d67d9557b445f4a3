"""Python stacks that break every promise of docs/targets.md: each gets a verdict of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.robustness.conftest import Ended, Program

    Tell = Callable[..., Ended]
    Wild = Callable[[str], str]

CASE = '''
from tcpassay.conformance import reach
from tcpassay.conformance.case import case

@case("MUST-14")
def talks(bench):
    """A handshake, text and five seconds; the connection is still there."""
    conn = reach.established(bench)
    conn.send("PA", payload=b"x")
    conn.app.recv(1, want=b"x")
    bench.wait(5)
    conn.expect_state("ESTABLISHED")
'''

FATES = {
    "raises": ("fail", "the stack raised KeyError: 'no such\\nconnection' on Datagram"),
    "leaves": ("fail", "the stack raised SystemExit: 0 on Datagram at 0 ns"),
    "recurses": ("fail", "the stack raised RecursionError"),
    "spins": ("fail", "took longer than 1 s: the stack did not become idle"),
    "timer_spins": ("fail", "took longer than 1 s: the stack did not become idle"),
    "timer_in_the_past": ("fail", "next_timeout() stays at 5 ns, which is past"),
    "timer_is_text": ("error", "next_timeout() gave 'soon', wanted nanoseconds or None"),
    "output_is_none": ("inconclusive", "socket() had not returned"),
    "output_is_text": ("error", "take_output() gave 'datagram', wanted one of"),
    "output_is_short": ("error", "take_output() gave ('return', 1), wanted (\"return\", call"),
    "output_is_unknown": ("error", "take_output() gave ('packet', b''), wanted one of"),
    "output_is_no_octets": ("error", "take_output() gave ('datagram', 'text'), wanted"),
    "output_never_ends": ("inconclusive", "socket() had not returned"),
    "blocked_is_none": ("fail", "the stack raised TypeError"),
    "state_is_none": ("fail", "the stack raised TypeError"),
}


def verdicts(record: Path) -> dict[str, dict[str, str]]:
    """The cases of a run record by target and id."""
    return {
        f"{case['target']} {case['id']}": case
        for case in json.loads(record.read_text())["cases"]
        if not case["id"].startswith("oracle/")
    }


def test_broken_promises(program: Program, wild: Wild, tmp_path: Path) -> None:
    """Each way in a target of its own, all in one run; each gets its own verdict and words."""
    (tmp_path / "mine.py").write_text(CASE)
    targets = [wild(entry) for entry in FATES]
    options = ("--case", "./mine.py", "--max-time", "1", "--json", "run.json", "--out", "out")
    ended = program("run", *targets, *options)
    assert ended.code == 3, ended.err
    found = {
        name.split()[0].replace("-", "_"): (case["verdict"], case["message"])
        for name, case in verdicts(tmp_path / "run.json").items()
    }
    assert {name: verdict for name, (verdict, _) in found.items()} == {
        name: verdict for name, (verdict, _) in FATES.items()
    }
    for name, (_, said) in FATES.items():
        assert said in found[name][1] or said in repr(found[name][1])


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("opens_never", "wild_stack:opens_never failed: RuntimeError: no memory at all"),
        ("opens_and_leaves", "wild_stack:opens_and_leaves failed: SystemExit: 0"),
        ("nothing_there", "has no attribute 'nothing_there'; see start.entry and start.path in"),
    ],
)
def test_never_opens(tell: Tell, wild: Wild, entry: str, said: str) -> None:
    """A stack that cannot be opened; exit 4, one line."""
    ended = tell("run", wild(entry), "--out", "out")
    assert ended.code == 4
    assert said in ended.said


def test_garbage(tell: Tell, wild: Wild, tmp_path: Path) -> None:
    """Octets that are no datagram, in the handshake, later, and in place of answers; verdicts."""
    targets = [wild(f"garbage_{which}") for which in ("first", "second", "third", "only")]
    cases = [f"--case={name}" for name in ("rfc5961", "rfc9293/3.6", "timewait")]
    ended = tell("run", *targets, *cases, "--json", "run.json", "--out", "out")
    assert ended.code == 1, ended.err
    found = verdicts(tmp_path / "run.json")
    assert len(found) > 200
    assert {case["verdict"] for case in found.values()} >= {"pass", "fail"}
    assert "error" not in {case["verdict"] for case in found.values()}
    assert any("malformed datagram" in case["message"] for case in found.values())


def test_case_that_leaves(tell: Tell, tmp_path: Path) -> None:
    """sys.exit() in a case; an error of that case's, and the next one runs."""
    leave = CASE.replace("    conn = reach", "    raise SystemExit(0)\n    conn = reach")
    (tmp_path / "mine.py").write_text(leave + CASE.replace("talks", "talks_too"))
    ended = tell("run", "reference", "--case", "./mine.py", "--json", "run.json", "--out", "out")
    assert ended.code == 3
    found = [case["verdict"] for case in verdicts(tmp_path / "run.json").values()]
    assert found == ["error", "pass"]
    assert "mine.py:8: SystemExit: 0" in ended.out
