"""What cases ask of a target at their end, against the reference stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.outcome import ExpectationFailed, Inconclusive
from tcpassay.conformance.probes import latest, segment_sizes, serves
from tcpassay.conformance.reach import established, listener
from tcpassay.core.trace import Trace
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIREMENT = "RFC9293:3.10.7.2-UNAFFECTED"


@pytest.fixture
def bench() -> Iterator[Bench]:
    target = open_target("reference")
    stack = target.start(StackOptions(seed=1))
    yield Bench(target.manifest, stack, Trace(), requirements=(REQUIREMENT,))
    stack.close()
    target.close()


def test_a_listener_serves_again_and_again(bench: Bench) -> None:
    """A live listener; each probe gives another open connection."""
    sock = listener(bench)
    assert serves(sock).peer_port != serves(sock).peer_port


def test_a_probe_judges_a_listener_that_is_gone(bench: Bench) -> None:
    """A closed listener; the probe fails, bound to the case's requirement."""
    sock = listener(bench)
    sock.close()
    with pytest.raises(ExpectationFailed) as failed:
        serves(sock)
    assert failed.value.requirement == REQUIREMENT


def test_sizes_add_up_to_what_was_sent(bench: Bench) -> None:
    """2,500 octets at MSS 1000; two full segments and the rest."""
    conn = established(bench, mss=1000)
    conn.app.send(bytes(2500))
    assert segment_sizes(conn, 2500) == [1000, 1000, 500]


def test_nothing_seen_is_inconclusive(bench: Bench) -> None:
    """No segment yet; asking for the latest is no verdict on the target."""
    with pytest.raises(Inconclusive, match="nothing has come"):
        latest(bench.connection())
