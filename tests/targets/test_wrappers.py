"""Capture, impair and pipe around stacks."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import ConfigurationError, StackFault
from tcpassay.core.events import (
    Advance,
    Call,
    Command,
    Datagram,
    Idle,
    Outcome,
    ReadState,
    Returned,
    Sent,
    StartCall,
    StateRead,
    Tagged,
)
from tcpassay.targets.bursts import one_by_one
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_manifest, open_target
from tcpassay.targets.wrappers import Capture, Impair, Impairment, Pipe, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.core.clock import ClockKind
    from tcpassay.core.events import StackEvent
    from tcpassay.targets.contract import Stack

    Start = Callable[..., Stack]

MS = 1_000_000
S = 1_000 * MS


def test_capture_sees_both_directions(start: Start) -> None:
    """A datagram, its answer, and one from a timer; the sink has them in order with their times."""
    seen: list[tuple[int, str, bytes]] = []
    stack = Capture(start(), lambda *what: seen.append(what))
    stack.execute(Datagram(b"ab"))
    stack.execute(Datagram(b"tick"))
    stack.execute(Advance(2 * S))
    assert seen == [
        (0, "in", b"ab"),
        (0, "out", b"ba"),
        (0, "in", b"tick"),
        (S, "out", b"tock"),
    ]
    assert (stack.clock_kind, stack.now_ns()) == ("virtual", S)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("loss=2%", Impairment(loss=0.02)),
        ("loss=2%,reorder=2.5%,dup=1%,seed=7", Impairment(0.02, 0.025, 0.01, 0, 7)),
        ("delay=10ms", Impairment(delay_ns=10 * MS)),
        (" delay=1.5s , loss=100%", Impairment(loss=1.0, delay_ns=1500 * MS)),
        ("delay=20us", Impairment(delay_ns=20_000)),
        ("loss=5%,burst=2.5", Impairment(loss=0.05, burst=2.5)),
    ],
)
def test_impairment_as_text(text: str, wanted: Impairment) -> None:
    """The text form; the values."""
    assert Impairment.parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown word ''; valid: loss, burst, reorder, dup, delay, seed"),
        ("los=2%", r"unknown word 'los' \(nearest: 'loss'\)"),
        ("loss", "'loss' needs a value"),
        ("loss=2%,loss=3%", "'loss' is given twice"),
        ("loss=2", "loss is '2', wanted a share such as 2%"),
        ("loss=101%", "loss is '101%'"),
        ("delay=10", "delay is '10', wanted a time such as 10ms"),
        ("burst=0.5", "burst is '0.5', wanted a mean number of datagrams"),
        ("seed=-1", "seed is '-1', wanted a whole number"),
    ],
)
def test_impairment_that_cannot_be_read(text: str, message: str) -> None:
    """A mistake in the text form; one line that says which word and what was wanted."""
    with pytest.raises(ConfigurationError, match=message):
        Impairment.parse(text)


def sizes(stack: Stack, count: int) -> list[int]:
    """How many datagrams come back at once for each of `count`."""
    return [len(stack.execute(Datagram(b"x")).events) for _ in range(count)]


def test_loss_and_duplication_have_their_shares(start: Start) -> None:
    """Two thousand echoes; what comes back is what the shares say, both ways taken together."""
    lossy = sizes(Impair(start(), Impairment(loss=0.1), 1), 2000)
    assert set(lossy) == {0, 1}
    assert sum(lossy) / 2000 == pytest.approx(0.81, abs=0.03)
    doubled = sizes(Impair(start(), Impairment(dup=0.1), 1), 2000)
    assert set(doubled) == {1, 2, 3, 4}
    assert sum(doubled) / 2000 == pytest.approx(1.21, abs=0.03)


def test_losses_in_bursts(start: Start) -> None:
    """Bursts of four; the share of losses is what it was, and they come in runs."""
    stack = Impair(start(), Impairment(loss=0.1, burst=4), 1)
    arrived = [bool(size) for size in sizes(stack, 8000)]
    assert stack.inwards.lost / 8000 == pytest.approx(0.1, abs=0.02)
    runs = sum(before and not now for before, now in pairwise([True, *arrived]))
    assert arrived.count(False) / runs == pytest.approx(4.5, abs=0.8)


def test_same_seed_same_fate(start: Start) -> None:
    """The same datagrams under the same seed, under another, and under the text's own."""
    impairment = Impairment(loss=0.3, dup=0.3)
    first = sizes(Impair(start(), impairment, 5), 200)
    assert sizes(Impair(start(), impairment, 5), 200) == first
    assert sizes(Impair(start(), impairment, 6), 200) != first
    assert sizes(Impair(start(), impairment._replace(seed=5), 6), 200) == first


def test_delay_both_ways(start: Start) -> None:
    """An echo over a link with 10 ms each way; it is back after 20 ms, and idle says when next."""
    stack = Impair(start(), Impairment(delay_ns=10 * MS))
    outcome = stack.execute(Datagram(b"ab"))
    assert (outcome.events, outcome.idle.next_deadline_ns) == ([], 10 * MS)
    outcome = stack.execute(Advance(15 * MS))
    assert (outcome.events, outcome.idle.now_ns) == ([], 15 * MS)
    assert outcome.idle.next_deadline_ns == 20 * MS
    outcome = stack.execute(Advance(S))
    assert (outcome.events, outcome.idle) == ([Sent(20 * MS, b"ba")], Idle(20 * MS, None, ()))


def test_reordered_datagrams_all_arrive(start: Start) -> None:
    """Fifty datagrams over a link that reorders; all come back, some after those sent later."""
    stack = Impair(start(), Impairment(reorder=0.3, delay_ns=MS), 3)
    for number in range(50):
        stack.execute(Datagram(bytes([number])))
    back: list[int] = []
    while (outcome := stack.execute(Advance(S))).events:
        back += [event.octets[0] for event in outcome.events if isinstance(event, Sent)]
    assert sorted(back) == list(range(50))
    assert back != sorted(back)
    assert outcome.idle.now_ns == S


def test_everything_but_datagrams_passes(start: Start) -> None:
    """A call on a link that loses all; it returns."""
    stack = Impair(start(), Impairment(loss=1.0))
    assert stack.execute(Datagram(b"x")) == Outcome([], Idle(0, None, ()))
    outcome = stack.execute(StartCall(Call(1, 0, "send", (("octets", b"gone"),))))
    assert outcome.events == [Returned(0, 1, 0, 4)]


class Parrot:
    """Answers each datagram with the same one, for ever."""

    clock_kind: ClockKind = "virtual"

    def now_ns(self) -> int:
        return 0

    def execute(self, command: Command) -> Outcome:
        events: list[StackEvent] = []
        if isinstance(command, Datagram):
            events.append(Sent(0, command.octets))
        return Outcome(events, Idle(0, None, ()))

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]:
        return one_by_one(self.execute, commands, into)

    def close(self) -> None:
        """Nothing to free."""


def test_pipe_ends_a_storm() -> None:
    """Two stacks that answer everything; a fault, not a hang."""
    pipe = Pipe(Parrot(), Parrot())
    with pytest.raises(StackFault, match="went back and forth"):
        pipe.execute(Datagram(b"x"))


def test_pipe_wants_clocks_that_stand_alike(start: Start) -> None:
    """Two stacks, one ahead of the other; refused."""
    ahead = start()
    ahead.execute(Advance(5))
    with pytest.raises(ConfigurationError, match="virtual at 5 ns and virtual at 0 ns"):
        Pipe(ahead, start())


class Piped:
    """Two reference stacks joined, and calls on either side."""

    def __init__(self, impairment: Impairment, seed: int) -> None:
        target = open_target("reference")
        other = open_manifest(target.manifest.mirrored())
        self.seen: list[tuple[int, str, bytes]] = []
        server = target.start(StackOptions(seed=seed))
        client = Impair(other.start(StackOptions(seed=seed + 1)), impairment, seed)
        self.pipe = Pipe(Capture(server, lambda *what: self.seen.append(what)), client)
        self._calls = 0
        self._returned: dict[int, Returned] = {}

    def call(self, side: Side, name: str, *args: Tagged) -> Returned:
        """Make a call and let time pass until it returns."""
        self._calls += 1
        number = self._calls
        outcome = self.pipe.execute(StartCall(Call(number, 0, name, args)), side)
        for _ in range(10_000):
            returned = (event for _, event in outcome.events if isinstance(event, Returned))
            self._returned.update({each.call: each for each in returned})
            if number in self._returned:
                return self._returned.pop(number)
            outcome = self.pipe.execute(Advance(self.pipe.now_ns() + 60 * S))
        raise AssertionError(f"{name} did not return")

    def start(self, side: Side, name: str, *args: Tagged) -> int:
        """Begin a call that blocks."""
        self._calls += 1
        outcome = self.pipe.execute(StartCall(Call(self._calls, 0, name, args)), side)
        assert outcome.idle[side].blocked == (self._calls,)
        return self._calls


@pytest.mark.parametrize(
    "impairment", ["loss=0%", "delay=5ms", "loss=5%,reorder=5%,dup=5%,delay=10ms"]
)
def test_two_reference_stacks_talk(impairment: str) -> None:
    """A transfer of 60,000 octets over a pipe, impaired; every octet arrives, in order."""
    piped = Piped(Impairment.parse(impairment), seed=11)
    data = bytes(range(256)) * 235
    socket: tuple[Tagged, ...] = (("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0))
    address: Tagged = ("address", ("192.0.2.1", 80))
    piped.call("a", "socket", *socket)
    piped.call("a", "bind", ("fd", 3), address)
    piped.call("a", "listen", ("fd", 3), ("length", 1))
    piped.call("b", "socket", *socket)
    assert piped.call("b", "connect", ("fd", 3), address).errno is None
    assert piped.call("a", "accept", ("fd", 3)).value == 4
    assert piped.call("b", "send", ("fd", 3), ("octets", data), ("flags", ())).value == len(data)
    assert piped.call("b", "close", ("fd", 3)).value == 0
    received = b""
    while True:
        got = piped.call("a", "recv", ("fd", 4), ("length", 65535), ("flags", ())).get("octets")
        assert isinstance(got, bytes)
        if not got:
            break
        received += got
    assert received == data
    assert piped.seen
    (state,) = piped.pipe.execute(ReadState(("192.0.2.1", 80), None), "a").events
    assert isinstance(state.event, StateRead)
    assert state.event.state == "LISTEN"
    piped.pipe.close()


def test_call_blocked_in_a_pipe_is_named(start: Start) -> None:
    """A call that waits on one side; idle of that side names it, the other's does not."""
    pipe = Pipe(start(), start())
    outcome = pipe.execute(StartCall(Call(1, 0, "recv", ())), "b")
    assert (outcome.idle["a"].blocked, outcome.idle["b"].blocked) == ((), (1,))
    outcome = pipe.execute(StartCall(Call(2, 0, "send", (("octets", b"hello"),))), "a")
    assert [(side, type(event)) for side, event in outcome.events] == [
        ("a", Returned),
        ("b", Returned),
    ]
