"""The player's end of a case: nothing of it is left on the stack."""

from __future__ import annotations

import pytest

from tcpassay.core.events import Call, ReadState, StateRead
from tcpassay.fuzz.cases.steps import Do, FuzzCase, Send
from tcpassay.fuzz.judges.leaks import levels
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.playing.reach import listen, opened, reach
from tcpassay.fuzz.sources.sequence import Sequence
from tcpassay.targets.contract import Stack, StackOptions
from tcpassay.targets.registry import open_target
from tcpassay.wire import ACK, SYN, Sack

_FIN_WAIT_2 = reach("FIN-WAIT-2").steps
_TEXT = Send(0, ACK, 1, 2, data=10)
CASES = {
    "text not acknowledged yet": (*_FIN_WAIT_2, _TEXT),
    "behind a wrong segment": (*_FIN_WAIT_2, _TEXT, Send(0, ACK, 65_535, 2, data=10)),
    "in a datagram with a mark": (*_FIN_WAIT_2, _TEXT._replace(flaws=(("tos", 3),))),
    "given away by the application": (
        *_FIN_WAIT_2,
        _TEXT,
        Do("recv", "c0", args=(("length", 99), ("flags", ()))),
        Do("close", "c0"),
    ),
    "a SYN far off on it": (*_FIN_WAIT_2, _TEXT, Send(0, SYN, 70_000)),
    "a reset for a wrong acknowledgement": (
        *reach("SYN-RECEIVED").steps,
        Send(0, ACK, 1, 101, options=(Sack(()),)),
    ),
    "text that is open": (*opened().steps, Send(0, ACK, 1, 1, data=10)),
}


class _Looking(Player):
    """Tells what is left when a case is over."""

    @property
    def stack(self) -> Stack:
        """The stack that it plays on."""
        return self._stack

    def left(self) -> list[str]:
        """The states of the case's connections that are not closed."""
        found = []
        for ends in self._conns.values():
            outcome = self._stack.execute(ReadState(ends.local, ends.remote))
            found += [event.state for event in outcome.events if isinstance(event, StateRead)]
        return [state for state in found if state not in {"CLOSED", "LISTEN", "TIME-WAIT"}]


@pytest.fixture
def player() -> _Looking:
    """On a fresh reference stack."""
    target = open_target("reference")
    return _Looking(target.start(StackOptions(seed=1)), target.manifest, 1, 4)


@pytest.mark.parametrize("name", CASES)
def test_connection_is_reset(player: _Looking, name: str) -> None:
    """A case whose last octets are not acknowledged, or hard to tell; nothing is left."""
    player.play(FuzzCase(CASES[name]))
    assert player.left() == []


def test_nothing_is_left_of_cases_at_random(player: _Looking) -> None:
    """250 sequences; nothing is left of any."""
    source = Sequence(1)
    for number in range(250):
        player.play(source.case(number), number)
        assert player.left() == [], number


def test_a_name_that_is_given_twice(player: _Looking) -> None:
    """Two descriptors of one name; both are closed at the end, and no listener is left."""
    steps = (*listen(), listen()[0])
    played = player.play(FuzzCase(steps))
    closed = [
        entry.data
        for entry in player.trace.entries[played.first : played.last]
        if isinstance(entry.data, Call) and entry.data.name == "close"
    ]
    assert len(closed) == 2
    assert levels(player.stack)["listeners"] == 0


def test_a_name_is_of_the_newest_descriptor(player: _Looking) -> None:
    """What is called on it behind the second socket() goes to that, where numbers are known too."""
    player.play(FuzzCase(opened().steps))
    played = player.play(FuzzCase((*listen(), *listen(), Do("close", "listener"))))
    calls = [
        (entry.data.name, dict(entry.data.args).get("fd"))
        for entry in player.trace.entries[played.first : played.last]
        if isinstance(entry.data, Call)
    ]
    first, second = 3, 4
    assert calls == [
        ("socket", None),
        ("bind", first),
        ("listen", first),
        ("socket", None),
        ("bind", second),
        ("listen", second),
        ("close", second),
        ("close", first),
    ]
    assert levels(player.stack)["listeners"] == 0
