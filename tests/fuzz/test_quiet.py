"""Cases at which the oracle once spoke and ought not to have: the reference stack is right."""

from __future__ import annotations

import pytest

from tcpassay.fuzz.cases.steps import Do, FuzzCase, Send, Step, Wait
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.playing.reach import MSS, accept, connect, listen, opened, reach
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tcpassay.wire import ACK, FIN, SYN

_ABORT = (
    Do(
        "setsockopt", "c0", args=(("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, 0)))
    ),
    Do("close", "c0"),
)
_AGAIN = (Send(0, SYN, 98_542, options=MSS), Send(0, ACK, 98_543, 1), accept("c1"))


def _receive(size: int, on: str = "c0") -> Do:
    return Do("recv", on, args=(("length", size), ("flags", ())))


def _send(size: int, on: str = "c0") -> Do:
    return Do("send", on, args=(("text", size), ("flags", ("MSG_NOSIGNAL",))))


CASES: dict[str, tuple[int | None, tuple[Step, ...]]] = {
    "text of a peer whose numbers start at 0": (
        0,
        (*opened().steps, Send(0, ACK, 1, 1, data=100), _receive(10), _receive(1_000)),
    ),
    "unread text of a peer whose numbers start at 0": (
        0,
        (*opened().steps, Send(0, ACK, 1, 1, data=100), Do("close", "c0")),
    ),
    "a tuple opened again behind an abort in CLOSING, with the same ISN": (
        None,
        (*reach("CLOSING").steps, *_ABORT, *_AGAIN, _send(100, "c1")),
    ),
    "an ISN behind one that was lifted above those of a connection in TIME-WAIT": (
        None,
        (
            *reach("CLOSING").steps,
            Send(0, ACK, 2, 2),
            *_AGAIN,
            Wait(10**9),
            _ABORT[0]._replace(on="c1"),
            Do("close", "c1"),
            Send(0, SYN, 198_542, options=MSS),
            Send(0, ACK, 198_543, 1),
        ),
    ),
    "a FIN behind a closed window, given up when the user timeout is over": (
        None,
        (
            *listen(),
            Send(0, SYN, window=0, options=MSS),
            Send(0, ACK, 1, 1, 0),
            accept(),
            Do(
                "setsockopt",
                "c0",
                args=(("name", "IPPROTO_TCP"), ("name", "TCP_USER_TIMEOUT"), ("value", 1_500)),
            ),
            Do("shutdown", "c0", args=(("name", "SHUT_WR"),)),
            Wait(1_600_000_000),
            Send(0, FIN | ACK, 1, 1, 0, 1),
            Send(0, ACK, 3, 1, 0),
        ),
    ),
    "text on the SYN,ACK of an open that has crossed": (
        None,
        (
            *connect(),
            Send(0, SYN, options=MSS),
            Send(0, SYN | ACK, 0, 1, data=100),
            _receive(1_000),
            Send(0, ACK, 101, 1),
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_said(name: str) -> None:
    """A case on a fresh reference stack; no alarm."""
    iss, steps = CASES[name]
    target = open_target("reference")
    player = Player(target.start(StackOptions(seed=1)), target.manifest, 1, 4)
    played = player.play(FuzzCase(steps, name, iss=iss))
    entries = player.trace.entries[played.first : played.last]
    assert len(entries) > 10
    assert Judge(target.manifest, target.version()).alarms(player.trace, entries) == []
