"""Two senders behind one drop-tail queue, in virtual time: what each gets, and Jain's index.

8 Mbit/s, 20 ms there and back, a queue of one bandwidth-delay product; the second sender starts
five seconds after the first. Counted are the octets that the sink reads in the minute after that.
Jain's index of n shares x is (sum x)^2 / (n sum x^2): 1 where all are equal, 1/n where one has all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.bottleneck import NS_PER_S, Bottleneck, Link
from bench.measure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LINK = Link(rate=1_000_000, delay_ns=10_000_000, room=14)
STARTS_NS = (0, 5 * NS_PER_S)
SETTLED_NS, COUNTED_NS = 10 * NS_PER_S, 60 * NS_PER_S
SEEDS = 3


def figures() -> Iterator[Figure]:
    """Shares, the index and how much of the link is used, the worst of so many seeds."""
    runs = [shares(seed) for seed in range(SEEDS)]
    worst = min(runs, key=jain)
    seconds = COUNTED_NS / NS_PER_S
    for number, octets in enumerate(worst, 1):
        yield Figure(f"sender {number}", octets / seconds / 1_000, "kB/s")
    used = min(sum(run) for run in runs) / seconds / LINK.rate
    yield Figure("goodput of the link", 100 * used, "%")
    yield Figure("Jain's index", jain(worst), f"of 1, the least of {SEEDS} seeds")


def shares(seed: int) -> list[int]:
    """Octets that each sender has brought through in the time that counts."""
    scene = Bottleneck(LINK, STARTS_NS, seed)
    scene.run(SETTLED_NS)
    before = [flow.octets for flow in scene.flows]
    scene.run(SETTLED_NS + COUNTED_NS)
    return [flow.octets - old for flow, old in zip(scene.flows, before, strict=True)]


def jain(octets: Sequence[int]) -> float:
    """Jain's fairness index (Jain, Chiu and Hawe, 1984)."""
    squares = sum(each * each for each in octets)
    return sum(octets) ** 2 / (len(octets) * squares) if squares else 0.0
