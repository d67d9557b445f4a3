"""Agents that go wrong in the midst of a run: the verdict, one line, and the run goes on."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.case import Case, case, mark_of
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.plan import Plan, PlannedRun, TargetPlan
from tcpassay.conformance.result import CaseEnded
from tcpassay.conformance.runner import run
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.result import CaseResult, RunEvent

MARK = "TCPASSAY_TEST_MARK"
AGENT = Path(__file__).parents[1] / "targets/odd_agent.py"
WATCHDOG_S = 0.4
MANIFEST = """\
name = "odd"
kind = "process"
clock = "virtual"
[start]
command = ["{{python}}", "-I", "-S", "{agent}", "{how}"]
watchdog_s = {watchdog_s}
channel = "{channel}"
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
[settings.loud]
settings = {{ loud = true }}
"""

#: What the stack is to blame for, by what the failure has to say.
STACKS = {
    "signal": "the stack died by SIGABRT; it printed last: stack: assertion failed",
    "killed": "the stack died by SIGKILL",
    "panic": "the stack printed a panic and ended with exit status 1: panic: nil dereference",
    "orphan": "the stack died by SIGSEGV",
    "hang": "not idle within the watchdog's 0.4 s",
    "drip": "not idle within the watchdog's 0.4 s",
    "shout": "not idle within the watchdog's 0.4 s; it printed last: nnn",
    "flood": "the stack ",  # 100,000 events, or the watchdog, whichever comes first
    "huge": "the stack ",
    "asan": "a sanitizer's report and ended with exit status 1: AddressSanitizer: heap-buffer-over"
    "flow on address 0x602 at pc 0x4 bp 0x7 sp 0x7 in tcp_input src/core/tcp_in.c:321:5 < ip4_in",
    "ubsan": "a sanitizer's report: tcp_in.c:12:3: runtime error: shift exponent 64 is too large",
}
#: What the agent is to blame for.
AGENTS = {
    "exit-70": "the agent ended with exit status 70; it printed last: agent: out of descriptors",
    "leave": "the agent ended with exit status 0",
    "close": "the agent closed its channel and went on running",
    "garbage": "frame length 1213486160, wanted 7 to 1048576",
    "random": "odd: frame ",
    "torn": "inside a frame, 6 octets into it",
    "wrong-step": "SENT names step 2, wanted the command's, 1",
    "bad-json": "RETURN of step 1: body is not JSON",
    "a-list": "RETURN of step 1: body is [], wanted an object",
    "no-value": "RETURN of step 1: 'value' is missing",
    "bad-tag": "tag 'volume', which version 1 lacks",
    "deep": "RETURN of step 1: body is not JSON",
    "deep-list": "'id' is [[[",
    "long": "'id' is 'xxx",
    "nan": "IDLE of step 1: 'now_ns' is nan, wanted a whole number",
    "negative": "IDLE says -5 ns after",
    "beyond": "'now_ns' is 1180591620717411303424, wanted a whole number of 64 bits",
    "digits": "IDLE of step 1: body is not JSON",
    "before": "TIME says -5 ns after IDLE said 0 ns: the clock went back",
    "late": "IDLE says 5 ns after an earlier frame said 9 ns",
    "half-a-pair": "LOG of step 1: body is not JSON",
    "two-lines": "'errno' is 'EBADF",
    "greeting": "HELLO of step 1 is no event",
    "command": "DATAGRAM of step 1 is no event",
}


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """After each test: no process with our mark, no child, as many descriptors as before."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert Path(f"/proc/self/task/{os.getpid()}/children").read_text() == ""
    assert not [pid for pid in Path("/proc").glob("[0-9]*") if carries(pid, mark)]
    assert {path.name for path in tmp_path.iterdir()} <= {"target.toml"}


def carries(process: Path, mark: str) -> bool:
    try:
        return f"{MARK}={mark}".encode() in (process / "environ").read_bytes()
    except OSError:
        return False


def case_of(way: str, settings: tuple[str, ...] = ()) -> Case:
    """A datagram that tells the agent to go wrong; then an expectation that holds."""

    def tell(bench: Bench) -> None:
        bench.send_octets(way.encode())
        bench.check(True, True, "still there")

    mark = mark_of(case("RFC9293:MUST-14", settings=settings)(tell))
    assert mark is not None
    return Case(f"odd/{way}", "A datagram; an answer.", __file__, 1, mark, tell)


@pytest.fixture
def results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, CaseResult]]:
    """Runs cases on agents that do as they are told; the results by the way named."""
    monkeypatch.setattr("tcpassay.conformance.runner.preflight", lambda *_: None)
    monkeypatch.setattr("tcpassay.targets.channel._LAST_WORDS_S", 0.1)

    def run_all(*cases: Case, how: str = "told", channel: str = "stream") -> dict[str, CaseResult]:
        (tmp_path / "target.toml").write_text(
            MANIFEST.format(agent=AGENT, how=how, watchdog_s=WATCHDOG_S, channel=channel)
        )
        runs = tuple(PlannedRun(each, 4) for each in cases)
        target_plan = TargetPlan(open_target(str(tmp_path)), runs, (), Expectations())
        ended: list[CaseResult] = []

        def listen(event: RunEvent) -> None:
            if isinstance(event, CaseEnded):
                ended.append(event.result)

        run(Plan((target_plan,), load_catalogue(), seed=1, gate=False), listen)
        return {result.id.removeprefix("odd/"): result for result in ended}

    return run_all


@pytest.mark.parametrize(("ways", "verdict"), [(STACKS, "fail"), (AGENTS, "error")])
def test_one_after_the_other(
    results: Callable[..., dict[str, CaseResult]], ways: dict[str, str], verdict: str
) -> None:
    """Every way, a case each; whose fault it is, one short line, and the next case runs."""
    started = time.monotonic()
    found = results(*(case_of(way) for way in [*ways, "noise"]))
    assert time.monotonic() - started < 3 * len(ways)
    assert {way: str(result.verdict) for way, result in found.items()} == {
        **dict.fromkeys(ways, verdict),
        "noise": "pass",
    }
    for way, said in ways.items():
        message = found[way].message
        assert said in message
        assert len(message) < 1000
        assert message.isprintable()


@pytest.mark.parametrize("channel", ["stream", "seqpacket"])
def test_deaf_to_bye(results: Callable[..., dict[str, CaseResult]], channel: str) -> None:
    """An agent that ignores BYE; the verdicts are its stack's, and the cases wait for no one."""
    started = time.monotonic()
    found = results(*(case_of(f"quiet-{n}") for n in range(5)), how="deaf", channel=channel)
    assert {str(result.verdict) for result in found.values()} == {"pass"}
    assert sum(result.wall_s for result in found.values()) < 1
    assert time.monotonic() - started < 10


def test_report_of_a_sanitizer(results: Callable[..., dict[str, CaseResult]]) -> None:
    """A report among much else that is printed; kept from its first line on."""
    stderr = results(case_of("asan"))["asan"].stderr
    assert stderr.startswith("==7==ERROR: AddressSanitizer: heap-buffer-overflow")
    assert "#2 0x4f4 in main agent.c:99:3" in stderr
    assert "SUMMARY" in stderr


def test_setting_that_is_refused(results: Callable[..., dict[str, CaseResult]]) -> None:
    """One case wants a setting that the agent refuses; an error in one line, and the next runs."""
    found = results(case_of("quiet-1"), case_of("refused", ("loud",)), case_of("quiet-2"))
    assert [str(result.verdict) for result in found.values()] == ["pass", "error", "pass"]
    assert found["refused"].message == "target 'odd': no such setting: {'loud': True}"


def test_many_at_once(tmp_path: Path) -> None:
    """A hundred agents of one target; all answer, and all are gone when it is closed."""
    from tcpassay.core.events import Datagram, Sent
    from tcpassay.targets.contract import StackOptions

    (tmp_path / "target.toml").write_text(
        MANIFEST.format(agent=AGENT, how="told", watchdog_s=20, channel="stream")
    )
    target = open_target(str(tmp_path))
    stacks = [target.start(StackOptions()) for _ in range(100)]
    for stack in stacks:
        assert stack.execute(Datagram(b"well")).events == [Sent(0, b"fine")]
    for stack in stacks[:50]:
        stack.close()
    target.close()
    for stack in stacks[50:]:
        stack.close()
