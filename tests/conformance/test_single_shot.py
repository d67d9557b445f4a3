"""`limits.listen = "single_shot"`: what the bench does for such a listener, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.outcome import Unsupported
from tcpassay.conformance.reach import established, handshake, listener
from tcpassay.core.trace import Trace
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SINGLE = str(Path(__file__).resolve().parent.parent / "targets" / "single_shot")


@pytest.fixture
def bench() -> Iterator[Callable[..., Bench]]:
    """Benches around fresh stacks."""
    opened = []

    def make(name: str = SINGLE, **limits: object) -> Bench:
        target = open_target(name)
        stack = target.start(StackOptions())
        opened.append((stack, target))
        claims = replace(target.manifest.limits, **limits)  # type: ignore[arg-type]
        manifest = replace(target.manifest, limits=claims)
        return Bench(manifest, stack, Trace(), requirements=("RFC9293:MUST-14",))

    yield make
    for stack, target in opened:
        stack.close()
        target.close()


def listens(bench: Bench) -> int:
    """How often listen() was called."""
    calls = [entry.data for entry in bench.trace.entries if entry.kind == "call"]
    return sum(getattr(call, "name", "") == "listen" for call in calls)


def test_one_after_the_other(bench: Callable[..., Bench]) -> None:
    """Three connections, each accepted before the next; listen() is called again for each."""
    made = bench()
    sock = listener(made)
    for number in range(3):
        conn = handshake(made.connection())
        conn.app = sock.accept()
        conn.send("PA", payload=b"%d" % number)
        conn.app.recv(9, want=b"%d" % number)
    assert listens(made) == 4


def test_accept_that_waits(bench: Callable[..., Bench]) -> None:
    """accept() before the SYN; listen() follows its return."""
    made = bench()
    sock = listener(made)
    waiting = sock.begin_accept()
    handshake(made.connection())
    sock.accepted(waiting)
    assert listens(made) == 2


def test_two_at_once(bench: Callable[..., Bench]) -> None:
    """A second SYN while the first is not accepted; unsupported, with the limit as the reason."""
    made = bench()
    listener(made)
    handshake(made.connection())
    with pytest.raises(Unsupported, match="two connections of a listener at once"):
        made.connection().send("S")


def test_what_is_no_second_connection(bench: Callable[..., Bench]) -> None:
    """The SYN again, one to another port, and one after a reset; all may be sent."""
    made = bench("reference", listen="single_shot")
    sock = listener(made)
    conn = made.connection()
    conn.send("S")
    conn.expect("SA")
    conn.send("S", seq=int(conn.peer.iss))
    made.connection(port=9).send("S")
    conn.send("R", seq=int(conn.peer.snd.nxt))
    other = made.connection()
    other.send("S")
    other.expect("SA")
    other.send("A")
    sock.accept()
    assert listens(made) == 2


def test_a_queue_is_left_alone(bench: Callable[..., Bench]) -> None:
    """The default; nobody calls listen() again, and two may wait."""
    made = bench("reference")
    established(made)
    handshake(made.connection())
    handshake(made.connection())
    assert listens(made) == 1
