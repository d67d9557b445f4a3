"""Goodput over a link that loses: with SACK, and without it, in virtual time.

Every datagram takes 10 ms each way and is lost with a chance of 5 %, from seeds that are the same
for both. The reader takes what has come, so that the window stays open. Nothing here depends on the
machine: the figures are those of the protocol.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from bench.hosts import CLIENT, SERVER, Hosts
from bench.measure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

LOSS = 0.05
DELAY_NS = 10_000_000
OCTETS = 2_000_000
SEEDS = range(5)
SECOND = 1_000_000_000


class LossyHosts(Hosts):
    """Two hosts on a link that keeps the order, delays and loses."""

    def __init__(self, seed: int, *, sack: bool) -> None:
        self._chance = [Random(f"{seed}/{side}") for side in (SERVER, CLIENT)]
        self._way: list[tuple[int, int, int, bytes]] = []
        self._order = count()
        super().__init__(sack=sack)

    def deliver(self) -> bool:
        """Let what is due arrive, or lose it; False when nothing is due."""
        while self._link:
            side, octets = self._link.popleft()
            if self._chance[side].random() >= LOSS:
                entry = self.now + DELAY_NS, next(self._order), side, octets
                heappush(self._way, entry)
        if not self._way or self._way[0][0] > self.now:
            return False
        _, _, side, octets = heappop(self._way)
        self._link.append((side, octets))
        return super().deliver()

    def due(self) -> list[int]:
        """When something will happen of itself, in ns: timers, and datagrams on their way."""
        return [*super().due(), *(entry[0] for entry in self._way[:1])]


def figures() -> Iterator[Figure]:
    """Octets a second of virtual time, over all seeds."""
    without = goodput(sack=False)
    yield Figure("goodput at 5 % loss, without SACK", without / 1000, "kB/s", 1.0, "without SACK")
    with_sack = goodput(sack=True)
    ratio = with_sack / without
    name = "goodput at 5 % loss, with SACK"
    yield Figure(name, with_sack / 1000, "kB/s", ratio, "without SACK", least=1.2)


def goodput(*, sack: bool) -> float:
    """Octets a second of transfers one after the other, one a seed."""
    taken = sum(transfer(LossyHosts(seed, sack=sack)) for seed in SEEDS)
    return len(SEEDS) * OCTETS / taken


def transfer(hosts: LossyHosts) -> float:
    """Send OCTETS to the server; the seconds of virtual time that takes.

    Raises RuntimeError if what arrives is not what was sent.
    """
    text = Random(1).randbytes(OCTETS)
    server, client = hosts.connect(hosts.listen())
    started = hosts.now
    send = hosts.begin(CLIENT, "send", ("fd", client), ("octets", text), ("flags", ()))
    came = bytearray()
    while len(came) < OCTETS:
        got = hosts.call(SERVER, "recv", ("fd", server), ("length", 65_536), ("flags", ()))
        came += got.octets
    if came != text or hosts.returned(send) is None:
        raise RuntimeError("what arrived is not what was sent")
    return (hosts.now - started) / SECOND
