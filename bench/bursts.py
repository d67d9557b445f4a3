"""A burst beside the same commands one by one: segments that nobody is there for.

Behind an agent it is the switches between two processes that a burst saves; elsewhere it may not
cost more.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from bench.agents import tiny_target
from bench.measure import Figure
from tcpassay.conformance.processor import on_one_processor
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.core.events import Datagram
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tcpassay.wire import ACK, IPv4, Segment, build
from tcpassay.wire import Datagram as Packet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.targets.contract import Stack

SIZE = 12
ROUNDS = 300
LINK = IPv4("192.0.2.2", "192.0.2.1")
BURST = [Datagram(build(Packet(LINK, Segment(5000 + n, 81, 1, 2, ACK, 8)))) for n in range(SIZE)]
#: The most that a burst may cost, as a share of its commands one by one.
BEHIND_AN_AGENT, ELSEWHERE = 0.6, 1.1


class Cost(NamedTuple):
    """Least seconds of so many rounds."""

    single: float
    burst: float


def figures() -> Iterator[Figure]:
    """Least time of a burst of twelve, on one processor, by kind of stack."""
    with tiny_target() as target:
        if target is None:
            yield Figure("burst behind an agent: not measured, no C compiler", 0.0, "us")
        else:
            yield _figure("behind an agent", target.start(StackOptions()), BEHIND_AN_AGENT)
    for name in ("reference", "linux"):
        target = open_target(name)
        try:
            with on_one_processor():
                yield _figure(f"on {name}", target.start(StackOptions()), ELSEWHERE)
        except TargetUnavailableError as error:
            yield Figure(f"burst on {name}: not measured, {error}", 0.0, "us")
        finally:
            target.close()


def _figure(where: str, stack: Stack, most: float) -> Figure:
    cost = _cost(stack)
    stack.close()
    return Figure(
        f"{SIZE} datagrams as a burst {where}",
        cost.burst * 1e6,
        "us",
        cost.burst / cost.single,
        "one by one",
        most=most,
    )


def _cost(stack: Stack) -> Cost:
    singles: list[float] = []
    bursts: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for command in BURST:
            stack.execute(command)
        between = time.perf_counter()
        stack.execute_all(BURST)
        singles.append(between - start)
        bursts.append(time.perf_counter() - between)
    return Cost(min(singles), min(bursts))
