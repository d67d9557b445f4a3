"""Agents that go wrong, each in its way: doctor's checks name the fault and go on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.targets.examine.frames import check_protocol
from tcpassay.targets.examine.steps import check_contract
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.registry import open_manifest, open_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.targets.contract import Target
    from tcpassay.targets.examine.check import Check

HERE = Path(__file__).parent
MANIFEST = """\
name = "odd"
kind = "process"
clock = "virtual"
[start]
command = ["{python}", "-I", "-S", "{agent}", "{how}"]
watchdog_s = {watchdog_s}
hello_s = {hello_s}
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
"""


@pytest.fixture
def odd(tmp_path: Path) -> Callable[..., Target]:
    """A target whose agent goes wrong in the way named."""

    def make(how: str, hello_s: float = 10) -> Target:
        agent = HERE / "odd_agent.py"
        text = MANIFEST.format(
            python=sys.executable,
            agent=agent,
            how=how,
            hello_s=hello_s,
            watchdog_s=0.3 if how == "hang" else 3,
        )
        (tmp_path / "target.toml").write_text(text)
        return open_manifest(load_manifest(tmp_path))

    return make


def amiss(checks: list[Check]) -> dict[str, str]:
    """What does not hold, and what was found."""
    return {check.what: check.found for check in checks if check.ok is False}


@pytest.mark.parametrize(
    ("how", "line", "words"),
    [
        ("version-2", "HELLO", "speaks protocol version 2, wanted 1"),
        ("real", "HELLO", "clock real"),
        ("die-first", "HELLO", "died by signal 9; it printed last: agent: no licence"),
        ("leave-first", "HELLO", "ended with exit status 3"),
        ("silent", "HELLO", "nothing comes within 0.3 s"),
        ("garbage-first", "HELLO", "frame length 1397966893, wanted 7 to 1048576"),
        ("refuse", "START", "REFUSED"),
    ],
)
def test_faults_before_the_first_idle(
    odd: Callable[..., Target], how: str, line: str, words: str
) -> None:
    """An agent that does not come to its first IDLE; one line says why, and no more is asked."""
    checks = check_protocol(odd(how, 0.3 if how == "silent" else 10).manifest)
    assert [check.what for check in checks] == ["HELLO", "START"][: len(checks)]
    assert checks[-1].what == line
    assert words in amiss(checks)[line]
    assert checks[-1].advice


def test_an_agent_that_resynchronises(odd: Callable[..., Target]) -> None:
    """It takes no notice of bad frames and reads one frame at a time; both are told."""
    told = amiss(check_protocol(odd("hasty").manifest))
    assert set(told) == {"bad frame", "frames in pieces"}
    assert told["bad frame"].startswith("after length 3: it goes on")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("panic", "the stack printed a panic and ended with exit status 1: panic: nil dereference"),
        ("exit-70", "the agent ended with exit status 70; it printed last: agent: out of"),
        ("hang", "was not idle within the watchdog's 0.3 s"),
        ("garbage", "frame length 1213486160"),
        ("torn", "inside a frame, 6 octets into it"),
        ("bad-json", "RETURN of step 1: body is not JSON"),
        ("wrong-step", "SENT names step 2, wanted the command's, 1"),
        ("backwards", "the clock went back"),
        ("asan", "the stack printed a sanitizer's report"),
    ],
)
def test_faults_at_a_datagram(odd: Callable[..., Target], how: str, words: str) -> None:
    """An agent that goes wrong at a datagram; the checks that send one say how, others go on."""
    target = odd(how)
    told = amiss(check_contract(target))
    target.close()
    assert words in told["damaged datagrams"]
    assert words in told["two stacks at once"]
    assert "wanted 50000000 ns (until_ns)" in told["ADVANCE"]
    assert told["unknown call"] == "not answered"
    assert told["a call that waits"] == "IDLE names [], wanted [2]"
    assert "speed" not in told


def test_a_state_of_nothing(start: object) -> None:
    """A stack that says ESTABLISHED of a connection that is not there; CLOSED is wanted."""
    del start
    target = open_target(str(HERE / "toy"))
    told = amiss(check_contract(target))
    target.close()
    assert told == {"READ-STATE": "ESTABLISHED"}


def test_the_reference_stack_keeps_the_contract() -> None:
    """The checks on a stack in this process; all hold."""
    target = open_target("reference")
    checks = check_contract(target)
    assert {check.what for check in checks if not check.ok} == {"coverage counters"}
    assert amiss(checks) == {}
    target.close()
