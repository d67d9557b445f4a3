"""Targets behind an agent: whose fault is what, what is kept, and that nothing is left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import (
    AgentFault,
    ConfigurationError,
    StackFault,
    TargetUnavailableError,
    TcpassayError,
)
from tcpassay.core.events import (
    Advance,
    Call,
    Cancel,
    Command,
    Datagram,
    Kill,
    Outcome,
    ReadState,
    ReadStats,
    Sent,
    Spawn,
    StartCall,
    Tagged,
)
from tcpassay.targets.bursts import one_by_one
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.process import ProcessStack, ProcessTarget
from tcpassay.targets.registry import open_manifest, open_target
from tcpassay.targets.wrappers import Pipe, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcpassay.targets.contract import Stack

HERE = Path(__file__).parent
MANIFEST = """\
name = "odd"
kind = "process"
clock = "virtual"
{version}
[start]
command = {command}
watchdog_s = {watchdog_s}
hello_s = {hello_s}
channel = "{channel}"
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
"""


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Callable[..., ProcessTarget]]:
    """A target whose agent goes wrong in the way named; closed at the end."""
    targets: list[ProcessTarget] = []

    def make(
        how: str, *, channel: str = "stream", hello_s: float = 10, version: str = ""
    ) -> ProcessTarget:
        watchdog_s = 0.3 if how == "hang" else 30
        command = [sys.executable, "-I", "-S", str(HERE / "odd_agent.py"), how]
        target = make_target(
            tmp_path,
            command,
            channel=channel,
            hello_s=hello_s,
            version=version,
            watchdog_s=watchdog_s,
        )
        targets.append(target)
        return target

    yield make
    for target in targets:
        target.close()


def make_target(
    folder: Path,
    command: list[str],
    *,
    channel: str = "stream",
    hello_s: float = 10,
    watchdog_s: float = 5,
    version: str = "",
) -> ProcessTarget:
    text = MANIFEST.format(
        command=command,
        channel=channel,
        hello_s=hello_s,
        watchdog_s=watchdog_s,
        version=version,
    )
    (folder / "target.toml").write_text(text)
    return ProcessTarget(load_manifest(folder))


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """After each test: as many descriptors as before, and no child."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert children() == ""


def children() -> str:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


@pytest.mark.parametrize("channel", ["stream", "seqpacket"])
def test_agent_that_behaves(odd: Callable[..., ProcessTarget], channel: str) -> None:
    """Both kinds of channel; HELLO is known, a datagram is answered, BYE is heard."""
    target = odd("well", channel=channel)
    stack = target.start(StackOptions())
    assert (stack.hello.name, stack.clock_kind) == ("odd", "virtual")
    assert stack.execute(Datagram(bytes(1500))).events == [Sent(0, b"fine")]
    stack.close()
    stack.close()
    target.close()
    assert stack.stderr == "goodbye\n"
    with pytest.raises(TcpassayError, match="has been closed"):
        stack.execute(Datagram(b""))


def test_times_of_events(odd: Callable[..., ProcessTarget]) -> None:
    """Events before and after a TIME; the first have the time of idle, the others their own."""
    stack = odd("stamps").start(StackOptions())
    assert stack.execute(Datagram(b"")).events == [Sent(50, b"a"), Sent(40, b"b")]
    assert stack.now_ns() == 50
    stack.close()


@pytest.mark.parametrize(
    ("how", "fault", "message", "kept"),
    [
        ("signal", StackFault, "died by SIGABRT; it printed last: stack: assertion f", "assertion"),
        ("panic", StackFault, "printed a panic and ended with exit status 1: panic: nil", "panic"),
        ("asan", StackFault, "printed a sanitizer's report and ended with", "heap-buffer-overflow"),
        ("hang", StackFault, "not idle within the watchdog's 0.3 s", ""),
        ("flood", StackFault, "100000 events in one step", ""),
        ("exit-70", AgentFault, "the agent ended with exit status 70; it printed last: agent:", ""),
        ("leave", AgentFault, "the agent ended with exit status 0", ""),
        ("garbage", AgentFault, "frame length 1213486160", ""),
        ("torn", AgentFault, "ended with exit status 0 inside a frame, 6 octets into it", ""),
        ("bad-json", AgentFault, "RETURN of step 1: body is not JSON", ""),
        ("wrong-step", AgentFault, "SENT names step 2, wanted the command's, 1", ""),
        ("backwards", AgentFault, "the clock went back", ""),
    ],
)
def test_faults_after_hello(
    odd: Callable[..., ProcessTarget],
    how: str,
    fault: type[TcpassayError],
    message: str,
    kept: str,
) -> None:
    """An agent that goes wrong at its work; the stack's or the agent's fault, in one line."""
    stack = odd(how).start(StackOptions())
    with pytest.raises(fault) as caught:
        stack.execute(Datagram(b"x"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert kept in getattr(caught.value, "stderr", "")
    with pytest.raises(fault):
        stack.execute(Datagram(b"y"))
    stack.close()


def test_closed_channel_of_a_living_agent(
    odd: Callable[..., ProcessTarget], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent that closes its channel and lives on; the agent's fault, and it is ended."""
    monkeypatch.setattr("tcpassay.targets.channel._LAST_WORDS_S", 0.05)
    stack = odd("close").start(StackOptions())
    with pytest.raises(AgentFault, match="closed its channel and went on running"):
        stack.execute(Datagram(b"x"))
    stack.close()


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ("die-first", TargetUnavailableError, "died by SIGKILL before HELLO; it printed last: ag"),
        ("leave-first", TargetUnavailableError, "ended with exit status 3 before HELLO"),
        ("silent", TargetUnavailableError, "no HELLO from .* within 0.3 s"),
        ("garbage-first", AgentFault, "frame length"),
        ("version-2", AgentFault, "speaks protocol version 2, wanted 1"),
        ("real", ConfigurationError, "'clock' is 'virtual', but the agent's HELLO says 'real'"),
        ("refuse", ConfigurationError, "no such setting"),
    ],
)
def test_agents_that_do_not_get_started(
    odd: Callable[..., ProcessTarget], how: str, error: type[TcpassayError], message: str
) -> None:
    """An agent that fails at its HELLO or START; the right error, in one line."""
    with pytest.raises(error, match=message) as caught:
        odd(how, hello_s=0.3 if how == "silent" else 10).start(StackOptions())
    assert "\n" not in str(caught.value)


def test_program_that_is_not_there(tmp_path: Path) -> None:
    """A command that cannot be run; unavailable, with the file to look at."""
    target = make_target(tmp_path, ["./no-such-agent"])
    with pytest.raises(TargetUnavailableError, match=r"'\./no-such-agent': No such file.*target"):
        target.start(StackOptions())


def test_noise_does_not_stop_an_agent(odd: Callable[..., ProcessTarget]) -> None:
    """A million octets on standard error; the step ends, the end of them is kept."""
    stack = odd("noise").start(StackOptions())
    assert stack.execute(Datagram(b"")).events == []
    assert stack.stderr.endswith("nthe end\n")
    assert len(stack.stderr) <= 1 << 16
    stack.close()


def test_what_an_agent_started_ends_with_it(odd: Callable[..., ProcessTarget]) -> None:
    """An agent with a child of its own; after close the whole group is gone."""
    target = odd("child")
    stack = target.start(StackOptions())
    (event,) = stack.execute(Datagram(b"")).events
    assert isinstance(event, Sent)
    stack.close()
    target.close()
    group = int(event.octets)
    for process in Path("/proc").glob("[0-9]*"):
        if (stat := stat_of(process)) and int(stat[2]) == group:
            assert ends(int(process.name))


def ends(pid: int) -> bool:
    """Whether a process that has been killed is gone within ten seconds."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [], 10)[0])
    finally:
        os.close(fd)


def stat_of(process: Path) -> list[str]:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def test_agent_ends_with_a_killed_tester(tmp_path: Path) -> None:
    """A tester that is killed with SIGKILL while its agent hangs; the agent ends too.

    It has not asked for that (PR_SET_PDEATHSIG): the warden sees to it.
    """
    command = [sys.executable, "-I", "-S", str(HERE / "odd_agent.py"), "hang"]
    target = make_target(tmp_path, command)
    program = (
        "from tcpassay.targets.registry import open_target\n"
        "from tcpassay.targets.contract import StackOptions\n"
        "from tcpassay.core.events import Datagram\n"
        f"stack = open_target({str(target.manifest.path)!r}).start(StackOptions())\n"
        "stack._channel._watchdog_s = 60\n"
        "print(stack._channel.pid, flush=True)\n"
        "stack.execute(Datagram(b'x'))\n"
    )
    tester = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert tester.stdout is not None
    agent = os.pidfd_open(int(tester.stdout.readline()))
    try:
        tester.send_signal(signal.SIGKILL)
        tester.wait()
        assert select.select([agent], [], [], 10)[0] == [agent]
    finally:
        os.close(agent)
        tester.stdout.close()


@pytest.mark.parametrize(
    ("version", "said"),
    [("", "odd 9"), ('version = ["echo", "mine 2.0"]', "mine 2.0")],
)
def test_version(odd: Callable[..., ProcessTarget], version: str, said: str) -> None:
    """A target with and without a version command; its answer, or HELLO's."""
    assert odd("well", version=version).version() == said


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ('["false"]', "exit status 1, 0 lines"),
        ('["./no-such"]', "No such file"),
    ],
)
def test_version_command_that_fails(
    odd: Callable[..., ProcessTarget], command: str, message: str
) -> None:
    """A version command that fails; unavailable, in one line."""
    with pytest.raises(TargetUnavailableError, match=message):
        odd("well", version=f"version = {command}").version()


def test_coverage(odd: Callable[..., ProcessTarget]) -> None:
    """An agent that counts; the counters as of the last step, on memory of its own."""
    target = odd("count")
    stack, other = (target.start(StackOptions(coverage=True)) for _ in range(2))
    assert stack.coverage() is None
    stack.execute(Datagram(b""))
    assert stack.coverage() == b"\1\0\1\xff"
    stack.execute(Datagram(b""))
    assert stack.coverage() == b"\1\0\2\xff"
    assert other.coverage() is None
    stack.close()
    other.close()


@pytest.mark.parametrize(("how", "asked"), [("well", True), ("well", False)])
def test_no_coverage(odd: Callable[..., ProcessTarget], how: str, asked: bool) -> None:
    """An agent that does not count, asked for it or not; none."""
    stack = odd(how).start(StackOptions(coverage=asked))
    stack.execute(Datagram(b""))
    assert stack.coverage() is None
    stack.close()


def test_no_memory_for_counters_unless_asked(
    odd: Callable[..., ProcessTarget], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tester that has such memory itself; its agent does not inherit the name of it."""
    monkeypatch.setenv("TCPASSAY_COVERAGE_FD", "5")
    stack = odd("count").start(StackOptions())
    with pytest.raises(StackFault, match="KeyError: 'TCPASSAY_COVERAGE_FD'"):
        stack.execute(Datagram(b""))


def test_counters_that_are_none(odd: Callable[..., ProcessTarget]) -> None:
    """Memory that begins with something else; the agent's fault."""
    stack = odd("count-wrong").start(StackOptions(coverage=True))
    stack.execute(Datagram(b""))
    with pytest.raises(AgentFault, match="begin with 0x7f454c46 and count 4, wanted 0x54414356"):
        stack.coverage()
    stack.close()


def test_agents_are_started_ahead(odd: Callable[..., ProcessTarget]) -> None:
    """From the second stack on one agent waits, and no more; none is left at the end."""
    target = odd("well")
    first = target.start(StackOptions())
    warden_and_one = 2
    assert len(children().split()) == warden_and_one
    others = [target.start(StackOptions()) for _ in range(3)]
    assert len(children().split()) == warden_and_one + len(others) + 1
    for stack in (first, *others):
        stack.close()
    target.close()
    assert children() == ""


def test_agent_that_leaves_its_group_ends_with_the_target(
    odd: Callable[..., ProcessTarget],
) -> None:
    """A child that has become the leader of a session, its agent dead; gone with the target."""
    target = odd("orphan")
    stack = target.start(StackOptions())
    with pytest.raises(StackFault, match="died by SIGSEGV"):
        stack.execute(Datagram(b""))
    value = target._agents[False]._warden._value.encode()
    assert marked(value)
    target.close()
    assert not marked(value)


def marked(value: bytes) -> list[str]:
    """The processes with this in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if value in (process / "environ").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return found


SESSION: list[Command] = [
    Datagram(b"abc"),
    Datagram(b"two"),
    StartCall(Call(1, 0, "recv", (("fd", 3), ("length", 9), ("flags", ())))),
    Datagram(b"payload"),
    StartCall(Call(2, 0, "echo", (("address", ("192.0.2.2", 9)), ("octets", b"\x00\xff")))),
    StartCall(Call(3, 0, "recv", ())),
    Cancel(3),
    StartCall(Call(4, 0, "splice", ())),
    Datagram(b"tick"),
    Datagram(b"silent"),
    Advance(700_000_000),
    Advance(5_000_000_000),
    Advance(5_000_000_000),
    ReadState(("192.0.2.1", 80), None),
    Spawn(2, 1, 99),
    Kill(2),
    ReadStats(),
]


def test_same_stack_behind_the_protocol(start: Callable[..., Stack]) -> None:
    """One session in-process and behind the agent; the same outcomes, command by command."""
    options = StackOptions(settings=("loud",), seed=5)
    near, far = start("toy", options), start("toy_process", options)
    assert isinstance(far, ProcessStack)
    for command in SESSION:
        assert far.execute(command) == near.execute(command)
    far.close()


def test_crash_behind_the_protocol(start: Callable[..., Stack]) -> None:
    """An exception out of a stack behind the agent; its traceback is kept."""
    far = start("toy_process")
    with pytest.raises(StackFault, match="died by SIGABRT") as caught:
        far.execute(Datagram(b"raise"))
    assert "KeyError" in caught.value.stderr


def test_refused_setting_behind_the_protocol(start: Callable[..., Stack]) -> None:
    """A setting that the stack refuses; the same kind of error as in-process."""
    with pytest.raises(ConfigurationError, match="no setting 'volume'"):
        start("toy_process", StackOptions(settings=("wrong",)))


class Recorder:
    """A stack that remembers what it was told and what came of it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.clock_kind = stack.clock_kind
        self.now_ns = stack.now_ns
        self.close = stack.close
        self.steps: list[tuple[Command, Outcome]] = []

    def execute(self, command: Command) -> Outcome:
        self.steps.append((command, self._stack.execute(command)))
        return self.steps[-1][1]

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]:
        return one_by_one(self.execute, commands, into)


def test_reference_stack_behind_the_protocol(tmp_path: Path) -> None:
    """A connection with data to the reference stack, in-process and behind the agent; the same
    outcome for every step, octet for octet.
    """
    target = open_target("reference")
    server = Recorder(target.start(StackOptions(seed=3)))
    pipe = Pipe(server, open_manifest(target.manifest.mirrored()).start(StackOptions(seed=4)))
    socket: tuple[Tagged, ...] = (("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0))
    address: Tagged = ("address", ("192.0.2.1", 80))
    calls: list[tuple[Side, str, tuple[Tagged, ...]]] = [
        ("a", "socket", socket),
        ("a", "bind", (("fd", 3), address)),
        ("a", "listen", (("fd", 3), ("length", 1))),
        ("a", "accept", (("fd", 3),)),
        ("b", "socket", socket),
        ("b", "connect", (("fd", 3), address)),
        ("b", "send", (("fd", 3), ("octets", bytes(5000)), ("flags", ()))),
        ("a", "recv", (("fd", 4), ("length", 9000), ("flags", ()))),
        ("b", "close", (("fd", 3),)),
        ("a", "close", (("fd", 4),)),
    ]
    for number, (side, name, args) in enumerate(calls):
        pipe.execute(StartCall(Call(number, 0, name, args)), side)
        pipe.execute(Advance(pipe.now_ns() + 1_000_000_000))
    pipe.execute(Advance(pipe.now_ns() + 600_000_000_000))
    pipe.execute(ReadState(("192.0.2.1", 80), None), "a")
    pipe.close()
    agent = ["{python}", "-m", "tcpassay.targets.agent", "stack", "reference"]
    behind = make_target(tmp_path, agent)
    far = behind.start(StackOptions(seed=3))
    assert sum(len(outcome.events) for _, outcome in server.steps) > 10
    for command, outcome in server.steps:
        assert far.execute(command) == outcome
    far.close()
    behind.close()
