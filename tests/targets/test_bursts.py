"""Bursts: the same outcomes as command by command, on every kind of stack, whatever goes wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import TcpassayError
from tcpassay.core.events import (
    Advance,
    Call,
    Cancel,
    Command,
    Datagram,
    Idle,
    Kill,
    Outcome,
    ReadState,
    ReadStats,
    Returned,
    Sent,
    Spawn,
    StartCall,
    StatsRead,
    Tagged,
)
from tcpassay.targets.building import is_built
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import load, open_target
from tcpassay.targets.wrappers import Capture, Impair, Impairment
from tcpassay.wire.datagram import Datagram as Packet
from tcpassay.wire.datagram import build, parse
from tcpassay.wire.ipv4 import IPv4
from tcpassay.wire.tcp import ACK, FIN, PSH, RST, SYN, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcpassay.targets.contract import Stack, Target

    Start = Callable[..., Stack]

HERE = Path(__file__).parent
LINK = IPv4("192.0.2.2", "192.0.2.1")
SECOND = 10**9
MANIFEST = """\
name = "odd"
kind = "process"
clock = "{clock}"
[start]
command = {command}
watchdog_s = {watchdog_s}
channel = "{channel}"
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
"""
#: What a toy stack is asked: everything that there is to ask.
OF_A_TOY: tuple[Command, ...] = (
    Datagram(b"abc"),
    Datagram(b"two"),
    StartCall(Call(1, 0, "recv", ())),
    StartCall(Call(2, 0, "getpid", ())),
    Datagram(b"for the call"),
    Datagram(b"tick"),
    Advance(SECOND // 2),
    Advance(3 * SECOND),
    Advance(4 * SECOND),
    StartCall(Call(3, 0, "recv", ())),
    Cancel(3),
    Spawn(2, 0),
    Kill(2),
    ReadState(("192.0.2.1", 80), None),
    ReadStats(),
    Datagram(b"end"),
)


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """A fresh stack of an agent that goes wrong in the way that a datagram names."""
    targets: list[Target] = []
    stacks: list[Stack] = []

    def make(
        how: str = "told",
        *,
        channel: str = "stream",
        watchdog_s: float = 30,
        clock: str = "virtual",
    ) -> Stack:
        words = [sys.executable, "-I", "-S", str(HERE / "odd_agent.py"), how]
        text = MANIFEST.format(command=words, channel=channel, watchdog_s=watchdog_s, clock=clock)
        (tmp_path / "target.toml").write_text(text)
        targets.append(open_target(str(tmp_path)))
        stacks.append(targets[-1].start(StackOptions()))
        return stacks[-1]

    yield make
    for stack in stacks:
        stack.close()
    for target in targets:
        target.close()


def one_by_one(stack: Stack, commands: tuple[Command, ...]) -> tuple[list[Outcome], str]:
    """The outcomes by `execute`, and the fault that ended them."""
    outcomes: list[Outcome] = []
    try:
        for command in commands:
            outcomes.append(stack.execute(command))  # noqa: PERF401 - those before a fault count
    except TcpassayError as fault:
        return outcomes, f"{type(fault).__name__} {fault}"
    return outcomes, ""


def in_a_burst(stack: Stack, commands: tuple[Command, ...]) -> tuple[list[Outcome], str]:
    """The outcomes by `execute_all`, and the fault that ended them."""
    outcomes: list[Outcome] = []
    try:
        assert stack.execute_all(commands, outcomes) is outcomes
    except TcpassayError as fault:
        return outcomes, f"{type(fault).__name__} {fault}"
    return outcomes, ""


@pytest.mark.parametrize("name", ["toy", "toy_process"])
def test_every_command(start: Start, name: str) -> None:
    """All kinds of commands; octet for octet, idle for idle; the clock stands where it should."""
    single, burst = start(name), start(name)
    expected = one_by_one(single, OF_A_TOY)
    assert len(expected[0]) == len(OF_A_TOY)
    assert in_a_burst(burst, OF_A_TOY) == expected
    assert burst.now_ns() == single.now_ns() == 4 * SECOND
    assert burst.execute(Datagram(b"on")) == single.execute(Datagram(b"on"))


@pytest.mark.parametrize("name", ["toy", "toy_process", "reference", "linux"])
def test_no_command_and_one(start: Start, name: str) -> None:
    """Nothing comes of an empty burst; one of one command is a step."""
    stack = start(name)
    assert stack.execute_all([]) == []
    assert len(stack.execute_all([ReadStats()])) == 1
    assert len(stack.execute_all((ReadStats(),))) == 1


@pytest.mark.parametrize("channel", ["stream", "seqpacket"])
@pytest.mark.parametrize(
    "way",
    [
        "signal", "killed", "panic", "exit-70", "leave", "close", "orphan", "asan", "hang",
        "flood", "drip", "shout", "garbage", "random", "torn", "wrong-step", "bad-json", "long",
        "negative", "backwards", "late", "greeting",
    ],
)  # fmt: skip
def test_agent_that_goes_wrong_in_the_midst(
    odd: Callable[..., Stack], channel: str, way: str
) -> None:
    """Death, hang, flood and nonsense at the fourth of six commands; three outcomes, the same
    fault, which is raised again by what is given later.
    """
    commands = tuple(Datagram(each) for each in (b"a", b"b", b"c", way.encode(), b"d", b"e"))
    watchdog_s = 0.3 if way in {"hang", "drip", "shout"} else 30
    expected = one_by_one(odd(channel=channel, watchdog_s=watchdog_s), commands)
    stack = odd(channel=channel, watchdog_s=watchdog_s)
    got = in_a_burst(stack, commands)
    assert got[0] == expected[0]
    assert len(got[0]) == 3
    assert message(got[1]) == message(expected[1]) != ""
    assert in_a_burst(stack, commands) == ([], got[1])
    assert one_by_one(stack, commands) == ([], got[1])


def message(fault: str) -> str:
    """A fault without figures that hang on the moment: how much of a flood was read."""
    return "".join(each for each in fault.partition("; it printed")[0] if not each.isdigit())


def test_sanitizer_text_of_an_agent_that_goes_on(odd: Callable[..., Stack]) -> None:
    """A report in the midst of a burst that is survived; told with the last command, not lost."""
    commands = tuple(Datagram(each) for each in (b"a", b"ubsan", b"b", b"c"))
    outcomes, fault = in_a_burst(odd(), commands)
    assert len(outcomes) == 3
    assert "shift exponent 64" in fault


@pytest.mark.parametrize("way", [b"raise", b"bad"])
def test_python_stack_that_goes_wrong_in_the_midst(start: Start, way: bytes) -> None:
    """An exception, or output of the wrong shape; the outcomes before it, and the same fault."""
    commands = (Datagram(b"a"), Datagram(b"b"), Datagram(way), Datagram(b"c"))
    expected = one_by_one(start("toy"), commands)
    stack = start("toy")
    assert in_a_burst(stack, commands) == expected
    assert len(expected[0]) == 2
    assert expected[1]
    assert in_a_burst(stack, commands) == ([], expected[1])


@pytest.mark.parametrize("way", [b"die", b"hang"])
def test_toy_behind_an_agent_in_the_midst(start: Start, way: bytes) -> None:
    """SIGSEGV, and a loop; the outcomes before it, and the same fault."""
    commands = (*OF_A_TOY[:5], Datagram(way), Datagram(b"c"))
    expected = one_by_one(start("toy_process"), commands)
    assert len(expected[0]) == 5
    assert in_a_burst(start("toy_process"), commands) == expected


@pytest.mark.parametrize("channel", ["stream", "seqpacket"])
def test_large_burst_of_an_agent(odd: Callable[..., Stack], channel: str) -> None:
    """A thousand datagrams of 1,500 octets, each answered by as many: several times the room of
    both sides' sockets; nobody waits for ever, and order is kept.
    """
    stack = odd("echo", channel=channel)
    sent = [number.to_bytes(4) + bytes(1496) for number in range(1000)]
    outcomes = stack.execute_all([Datagram(octets) for octets in sent])
    assert [each.events for each in outcomes] == [[Sent(0, octets)] for octets in sent]


def test_real_clock_waits_out_an_advance_in_the_midst(odd: Callable[..., Stack]) -> None:
    """ADVANCE by 50 ms between datagrams to an agent in real time; the frame behind it does not
    end it.
    """
    stack = odd("waits", clock="real")
    until_ns = stack.now_ns() + SECOND // 20
    burst = (Datagram(b"a"), Datagram(b"b"), Advance(until_ns), Datagram(b"c"), Advance(0))
    outcomes = stack.execute_all(burst)
    assert [len(each.events) for each in outcomes] == [1, 1, 0, 1, 0]
    assert outcomes[1].idle.now_ns < until_ns <= outcomes[2].idle.now_ns


@pytest.mark.parametrize("name", ["reference", "linux", "lwip", "lwip-default", "lwip-asan"])
def test_connection(start: Start, name: str) -> None:
    """A handshake, text in and out of order, what lies outside of the window, calls and a reset;
    the same answers, call by call and segment by segment.
    """
    manifest = load(name)
    if manifest.kind == "process" and not is_built(manifest):
        pytest.skip(f"{name} is not built: tcpassay targets build {name} --install")
    found = []
    for play in (one_by_one, in_a_burst):
        stack = start(name, StackOptions(seed=5))
        opened = play(stack, opening())[0]
        iss = parse(sent(opened[-1])[0]).body
        assert isinstance(iss, Segment)
        went_on, fault = play(stack, course((iss.seq + 1) % 2**32))
        assert (len(opened), len(went_on), fault) == (4, len(course(0)), "")
        found.append([told(each, iss.seq) for each in opened + went_on])
    assert found[0] == found[1]
    accepted = found[0][5][0]
    assert isinstance(accepted, tuple)
    assert accepted[:4] == ("return", 5, 4, None)


def opening() -> tuple[Command, ...]:
    """To the SYN, with the descriptor that a first socket has everywhere."""
    socket: tuple[Tagged, ...] = (("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0))
    return (
        call(1, "socket", *socket),
        call(2, "bind", ("fd", 3), ("address", ("192.0.2.1", 80))),
        call(3, "listen", ("fd", 3), ("length", 5)),
        segment(1000, 0, SYN),
    )


def course(ack: int) -> tuple[Command, ...]:
    """From the ACK of the SYN to a reset."""
    return (
        segment(1001, ack, ACK),
        call(5, "accept4", ("fd", 3), ("flags", ("SOCK_NONBLOCK",))),
        segment(1001, ack, ACK | PSH, b"first"),
        segment(1016, ack, ACK | PSH, b"third"),
        segment(1011, ack, ACK | PSH, b"secnd"),
        call(6, "recv", ("fd", 4), ("length", 100), ("flags", ())),
        call(7, "recv", ("fd", 4), ("length", 100), ("flags", ())),
        segment(1000, ack, SYN),
        segment(1, ack, ACK | PSH, b"old"),
        call(8, "send", ("fd", 4), ("octets", b"answer"), ("flags", ())),
        segment(1021, (ack + 6) % 2**32, ACK | FIN),
        segment(1022, (ack + 6) % 2**32, RST),
        call(9, "recv", ("fd", 4), ("length", 100), ("flags", ())),
        call(10, "close", ("fd", 4)),
        call(11, "close", ("fd", 9)),
        call(12, "close", ("fd", 3)),
        segment(1022, (ack + 6) % 2**32, ACK),
        Datagram(b"\0\1\2"),
    )


def call(number: int, name: str, *args: Tagged) -> StartCall:
    return StartCall(Call(number, 0, name, args))


def segment(seq: int, ack: int, flags: int, text: bytes = b"") -> Datagram:
    return Datagram(build(Packet(LINK, Segment(4000, 80, seq, ack, flags, 8000, payload=text))))


def sent(outcome: Outcome) -> list[bytes]:
    return [event.octets for event in outcome.events if isinstance(event, Sent)]


def told(outcome: Outcome, iss: int) -> list[object]:
    """What came of a command, without times and with the stack's numbers from its ISS on."""
    found: list[object] = []
    for event in outcome.events:
        if isinstance(event, Sent):
            body = parse(event.octets).body
            assert isinstance(body, Segment)
            seq = (body.seq - iss) % 2**32 if body.seq else 0
            found.append(("sent", body.flags, seq, body.ack, body.window, body.payload))
        elif isinstance(event, Returned):
            found.append(("return", event.call, event.value, event.errno, *event.out))
        else:
            found.append(type(event).__name__)
    return [*found, outcome.idle.blocked]


@pytest.mark.parametrize("name", ["reference", "linux"])
def test_large_burst_of_a_stack(start: Start, name: str) -> None:
    """A thousand SYNs with text to a closed port; as many resets, each with its SYN."""
    stack = start(name)
    burst = [
        Datagram(build(Packet(LINK, Segment(4000 + n, 81, 7, 0, SYN, 8000, payload=bytes(1460)))))
        for n in range(1000)
    ]
    outcomes = stack.execute_all(burst)
    ports = [[int.from_bytes(each[22:24]) for each in sent(outcome)] for outcome in outcomes]
    assert ports == [[4000 + n] for n in range(1000)]


def test_call_in_flight_across_a_burst(start: Start) -> None:
    """recv() sleeps while text arrives in a burst; it returns in the step of the text."""
    stack = start("linux")
    iss = parse(sent(stack.execute_all(opening())[-1])[0]).body
    assert isinstance(iss, Segment)
    ack = (iss.seq + 1) % 2**32
    outcomes = stack.execute_all(
        [
            segment(1001, ack, ACK),
            call(5, "accept", ("fd", 3)),
            call(6, "recv", ("fd", 4), ("length", 100), ("flags", ())),
            segment(1, ack, ACK),
            segment(1001, ack, ACK | PSH, b"first"),
            segment(1006, ack, ACK | PSH, b"more"),
        ]
    )
    assert [each.idle.blocked for each in outcomes] == [(), (), (6,), (6,), (), ()]
    assert [each.call for each in outcomes[4].events if isinstance(each, Returned)] == [6]
    assert [len(sent(each)) for each in outcomes[3:]] == [1, 1, 1]


def test_wrappers(start: Start) -> None:
    """A capture around a bad link around a stack; the same as step by step, what is shown too."""
    found = []
    for play in (one_by_one, in_a_burst):
        shown: list[tuple[int, str, bytes]] = []
        bad = Impair(start("toy"), Impairment(loss=0.1, dup=0.4, delay_ns=5), seed=3)
        stack = Capture(bad, lambda *seen, shown=shown: shown.append(seen))
        outcomes = play(stack, tuple(Datagram(bytes([n])) for n in range(20)) + (Advance(50),) * 40)
        found.append((outcomes, shown))
    assert found[0] == found[1]
    assert len(found[0][1]) > 25


def test_list_of_its_own(start: Start) -> None:
    """A burst appends to what it is given."""
    into = [Outcome([StatsRead(0, {})], Idle(0, None, ()))]
    assert start("toy").execute_all([Datagram(b"ab")], into) is into
    assert [len(each.events) for each in into] == [1, 1]
    assert isinstance(into[1].events[0], Sent)
