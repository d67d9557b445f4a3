"""lwIP behind its agent: what the three option sets have in common, and where they differ."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import pytest

from tcpassay.conformance.preflight import preflight
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.events import (
    Advance,
    Call,
    Cancel,
    Datagram,
    Outcome,
    ReadState,
    ReadStats,
    Returned,
    Sent,
    StartCall,
    StateRead,
    StatsRead,
    Tagged,
)
from tcpassay.targets.building import is_built
from tcpassay.targets.contract import IpVersion, StackOptions
from tcpassay.targets.process import ProcessStack
from tcpassay.targets.registry import load, open_target
from tcpassay.wire.datagram import Datagram as Packet
from tcpassay.wire.datagram import build, parse
from tcpassay.wire.options import MaximumSegmentSize, SackPermitted, Timestamps, WindowScale
from tcpassay.wire.tcp import Segment, flags_text, flags_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcpassay.targets.contract import Stack, Target
    from tcpassay.wire.options import Option

SETS = ("lwip", "lwip-default", "lwip-asan")
SECOND = 10**9
OFFERED = (MaximumSegmentSize(1460), SackPermitted(), Timestamps(7, 0), WindowScale(2))


def built(name: str) -> str:
    """The target's name; the test is skipped where the target is not built."""
    if not is_built(load(name)):
        pytest.skip(f"{name} is not built: tcpassay targets build {name} --install")
    return name


@pytest.fixture(params=SETS)
def name(request: pytest.FixtureRequest) -> str:
    """Each of the option sets that is built."""
    return built(request.param)


@pytest.fixture
def start() -> Iterator[Callable[..., ProcessStack]]:
    """Starts fresh stacks; all are closed at the end."""
    targets: dict[str, Target] = {}
    stacks: list[Stack] = []

    def begin(name: str, options: StackOptions | None = None) -> ProcessStack:
        target = targets.setdefault(name, open_target(name))
        stacks.append(target.start(options or StackOptions()))
        return cast("ProcessStack", stacks[-1])

    yield begin
    for stack in stacks:
        stack.close()
    for target in targets.values():
        target.close()


def call(stack: Stack, number: int, name: str, *args: Tagged) -> Outcome:
    """Begin a socket call."""
    return stack.execute(StartCall(Call(number, 0, name, args)))


def result(outcome: Outcome) -> tuple[int, str | None]:
    """Value and errno of the one call that has returned."""
    (event,) = [e for e in outcome.events if isinstance(e, Returned)]
    return event.value, event.errno


def listening(stack: Stack, six: bool = False) -> None:
    """A listener on port 80: descriptor 3."""
    family, host = ("AF_INET6", "::") if six else ("AF_INET", "0.0.0.0")  # noqa: S104 - in the stack
    kind: Tagged = ("flags", ("SOCK_STREAM",))
    assert result(call(stack, 1, "socket", ("name", family), kind, ("value", 0))) == (3, None)
    assert result(call(stack, 2, "bind", ("fd", 3), ("address", (host, 80)))) == (0, None)
    assert result(call(stack, 3, "listen", ("fd", 3), ("length", 5))) == (0, None)


def send(
    stack: Stack, flags: str, seq: int, ack: int = 0, options: tuple[Option, ...] = ()
) -> list[Segment]:
    """A segment of the peer's; what the stack answers."""
    segment = Segment(4000, 80, seq, ack, flags_value(flags), 65535, options=options)
    octets = build(Packet.between("192.0.2.2", "192.0.2.1", segment))
    sent = [e.octets for e in stack.execute(Datagram(octets)).events if isinstance(e, Sent)]
    return [cast("Segment", parse(each, strict=True).body) for each in sent]


@pytest.mark.parametrize("ip", [4, 6])
def test_handshake_and_echo(name: str, ip: IpVersion) -> None:
    """SYN, SYN-ACK, ACK and text both ways, strictly parsed."""
    target = open_target(name)
    try:
        preflight(target, ip)
    finally:
        target.close()


def test_version(name: str) -> None:
    """HELLO; the stack's own version."""
    target = open_target(name)
    assert target.version() == "lwIP 2.1.3"
    target.close()


def test_options_of_the_sets(name: str, start: Callable[..., ProcessStack]) -> None:
    """A SYN that offers everything; the SYN-ACK takes it up but with lwIP's own options."""
    stack = start(name)
    listening(stack)
    (answer,) = send(stack, "S", 1000, options=OFFERED)
    assert flags_text(answer.flags) == "SA"
    kinds = {type(option) for option in answer.options}
    full = {type(option) for option in OFFERED}
    assert full & kinds == ({MaximumSegmentSize} if name == "lwip-default" else full)


def test_initial_numbers(start: Callable[..., ProcessStack]) -> None:
    """The seed decides on the full set's ISN and not on lwIP's own."""
    numbers: dict[str, list[int]] = {}
    for name in (built("lwip"), built("lwip-default")):
        for seed in (1, 1, 2):
            stack = start(name, StackOptions(seed=seed))
            listening(stack)
            numbers.setdefault(name, []).append(send(stack, "S", 1000)[0].seq)
    assert numbers["lwip-default"] == [numbers["lwip-default"][0]] * 3
    assert numbers["lwip"][0] == numbers["lwip"][1] != numbers["lwip"][2]


def test_two_minutes(name: str, start: Callable[..., ProcessStack]) -> None:
    """A SYN-ACK without an answer over 120 s of the stack's time; repeated, in far less."""
    stack = start(name)
    listening(stack)
    assert len(send(stack, "S", 1000)) == 1
    begun, times = time.monotonic(), []
    while (outcome := stack.execute(Advance(120 * SECOND))).events:
        times.append(outcome.idle.now_ns)
    assert outcome.idle.now_ns == 120 * SECOND
    assert times == sorted(times)
    assert len(times) >= 2
    assert time.monotonic() - begun < 5


def test_deadlines_are_exact(name: str, start: Callable[..., ProcessStack]) -> None:
    """ADVANCE to just before the next deadline; nothing happens, and it stays the next."""
    stack = start(name)
    listening(stack)
    send(stack, "S", 1000)
    for _ in range(20):
        due = stack.execute(ReadStats()).idle.next_deadline_ns
        assert due is not None
        assert due > stack.now_ns()
        before = stack.execute(Advance(due - 1))
        assert (before.events, before.idle.now_ns, before.idle.next_deadline_ns) == (
            [],
            due - 1,
            due,
        )
        stack.execute(Advance(due))


def test_state_is_read(name: str, start: Callable[..., ProcessStack]) -> None:
    """READ-STATE in LISTEN, SYN-RECEIVED, ESTABLISHED; RFC names and the numbers of the wire."""
    stack = start(name)
    listening(stack)
    ends = ReadState(("192.0.2.1", 80), ("192.0.2.2", 4000))

    def states(command: ReadState) -> StateRead:
        return cast("StateRead", stack.execute(command).events[0])

    assert states(ReadState(("192.0.2.1", 80), None)).state == "LISTEN"
    assert states(ends).state == "CLOSED"
    (answer,) = send(stack, "S", 1000)
    assert states(ends).state == "SYN-RECEIVED"
    send(stack, "A", 1001, answer.seq + 1)
    read = states(ends)
    assert read.state == "ESTABLISHED"
    assert read.numbers["rcv.nxt"] == 1001
    assert read.numbers["snd.una"] == read.numbers["snd.nxt"] == answer.seq + 1
    stats = stack.execute(ReadStats()).events[0]
    assert isinstance(stats, StatsRead)
    assert (stats.numbers["connections"], stats.numbers["received"]) == (1, 2)


def test_calls_wait_and_are_cancelled(name: str, start: Callable[..., ProcessStack]) -> None:
    """accept() waits until it is cancelled, a second one until somebody comes."""
    stack = start(name)
    listening(stack)
    assert call(stack, 4, "accept", ("fd", 3)).idle.blocked == (4,)
    assert result(stack.execute(Cancel(4))) == (-1, "EINTR")
    assert call(stack, 5, "accept", ("fd", 3)).idle.blocked == (5,)
    (answer,) = send(stack, "S", 1000)
    ack = Segment(4000, 80, 1001, answer.seq + 1, flags_value("A"), 65535)
    outcome = stack.execute(Datagram(build(Packet.between("192.0.2.2", "192.0.2.1", ack))))
    assert result(outcome) == (4, None)
    assert outcome.idle.blocked == ()


def test_wrong_descriptor(name: str, start: Callable[..., ProcessStack]) -> None:
    """Calls on a descriptor that is none; EBADF."""
    stack = start(name)
    for number, fd in enumerate((-1, 0, 3, 4095, 4096, 2**31)):
        assert result(call(stack, number, "close", ("fd", fd))) == (-1, "EBADF")


def test_hundred_stacks(start: Callable[..., ProcessStack]) -> None:
    """A hundred stacks at once, each with the same connection of its own; all answer."""
    stacks = [start(built("lwip"), StackOptions(seed=seed)) for seed in range(100)]
    for stack in stacks:
        listening(stack)
    answers = [send(stack, "S", 1000)[0] for stack in stacks]
    assert {answer.ack for answer in answers} == {1001}
    assert len({answer.seq for answer in answers}) == 100


def test_too_many_addresses(name: str) -> None:
    """More addresses than the agent has interfaces for; it refuses the start in a line."""
    target = open_target(name)
    options = StackOptions(settings=("other_interface", "other_interface", "link_local") * 2)
    many = StackOptions(ip=6, settings=options.settings)
    with pytest.raises(ConfigurationError, match=r"more addresses|one too many"):
        target.start(many).close()
    target.close()


def test_empty_datagram_and_noise(name: str, start: Callable[..., ProcessStack]) -> None:
    """Datagrams of no octets, of one, of zeros and of ones; the stack goes on."""
    stack = start(name)
    listening(stack)
    for octets in (b"", b"E", b"\x60", bytes(64), b"\xff" * 64, bytes(65535)):
        stack.execute(Datagram(octets))
    assert flags_text(send(stack, "S", 1000)[0].flags) == "SA"


def test_coverage(start: Callable[..., ProcessStack]) -> None:
    """lwip-asan, asked for counters; a SYN reaches code that nothing reached before."""
    stack = start(built("lwip-asan"), StackOptions(coverage=True))
    first = stack.coverage()
    if first is None:
        pytest.skip("lwip-asan was built by gcc, without counters: apt-get install clang")
    listening(stack)
    send(stack, "S", 1000)
    later = stack.coverage()
    assert later is not None
    assert len(later) == len(first) > 1000
    assert sum(map(bool, later)) > sum(map(bool, first)) > 0
