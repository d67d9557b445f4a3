"""Descriptors that are expected: a burst need not wait for a number that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.events import Call, Returned
from tcpassay.fuzz.cases.numbers import FIRST, Numbers
from tcpassay.fuzz.cases.steps import Do, FuzzCase, Send
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.playing.reach import opened
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tcpassay.wire import ACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.events import Command, Outcome
    from tcpassay.targets.contract import Stack

_OPENED = opened().steps
_SEND = Do("send", "c0", args=(("text", 5), ("flags", ())))


class _Counting:
    """A stack that counts what it is given at once."""

    def __init__(self, stack: Stack) -> None:
        self.bursts: list[int] = []
        self.now_ns, self.execute = stack.now_ns, stack.execute
        self._stack = stack

    def execute_all(self, commands: Sequence[Command], into: list[Outcome]) -> list[Outcome]:
        self.bursts.append(len(commands))
        return self._stack.execute_all(commands, into)


def _played(*cases: FuzzCase) -> tuple[list[list[int]], list[list[tuple[str, int, str | None]]]]:
    """For each case its bursts, and its calls: name, descriptor, error."""
    target = open_target("reference")
    stack = _Counting(target.start(StackOptions(seed=3)))
    player = Player(stack, target.manifest, 3, 4)  # type: ignore[arg-type]
    bursts, calls = [], []
    for case in cases:
        played = player.play(case)
        bursts.append(stack.bursts.copy())
        stack.bursts.clear()
        entries = player.trace.entries[played.first : played.last]
        errors = {e.data.call: e.data.errno for e in entries if isinstance(e.data, Returned)}
        made = [e.data for e in entries if isinstance(e.data, Call)]
        calls.append([(c.name, int(str(dict(c.args).get("fd", -1))), errors[c.id]) for c in made])
    return bursts, calls


def test_a_known_number_is_not_waited_for() -> None:
    """The second case makes the same calls on the same descriptors in fewer bursts."""
    case = FuzzCase((*_OPENED, _SEND, Send(0, ACK, 1, 6)))
    (first, second, third), calls = _played(case, case, case)
    assert len(second) == len(third) < len(first)
    assert calls[0] == calls[1] == calls[2]
    assert ("send", FIRST + 1, None) in calls[0]


def test_what_never_comes_is_not_open() -> None:
    """accept() that fails: the burst's next call meets no descriptor, the one behind it is left."""
    refused = FuzzCase((*_OPENED[:4], _OPENED[-1], _SEND, _SEND))
    _, (_, calls) = _played(FuzzCase(_OPENED), refused)
    assert [call for call in calls if call[0] in {"accept4", "send"}] == [
        ("accept4", FIRST, "EAGAIN"),
        ("send", FIRST + 1, "EBADF"),
    ]


def test_other_numbers_are_waited_for() -> None:
    """A stack that gives any other descriptor than the lowest is not relied on again."""
    fresh, usual, other = Numbers(), Numbers(), Numbers()
    usual.given(FIRST)
    assert usual.lowest() == FIRST + 1
    usual.closed(FIRST)
    assert usual.lowest() == FIRST
    other.given(FIRST)
    other.given(FIRST + 4)
    assert [numbers.known for numbers in (fresh, usual, other)] == [False, True, False]
