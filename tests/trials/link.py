"""A link that loses, bursts, damages, doubles, delays and reorders, as its seed decides."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.trials.schedule import Path

#: Bits next to each other that damage may hit: a sum of 16-bit words finds every such burst.
DAMAGE_BITS = 15


class Direction:
    """One direction of the link."""

    def __init__(self, path: Path, rng: Random) -> None:
        self.path = path
        self.rng = rng
        self.in_burst = False

    def carry(self, octets: bytes) -> Iterator[tuple[int, bytes]]:
        """What becomes of a datagram: each copy that arrives, and after how long."""
        if self.loses():
            return
        rng, path = self.rng, self.path
        copies = 2 if path.duplication and rng.random() < path.duplication else 1
        for _ in range(copies):
            damaged = path.corruption and rng.random() < path.corruption
            yield self.delay(), damage(octets, rng) if damaged else octets

    def loses(self) -> bool:
        """Loss at random, and in bursts (Gilbert: a burst goes on with its own probability)."""
        path = self.path
        if path.burst:
            self.in_burst = self.rng.random() < (
                path.burst_goes_on if self.in_burst else path.burst
            )
        return self.in_burst or bool(path.loss and self.rng.random() < path.loss)

    def delay(self) -> int:
        """Nanoseconds until a copy arrives; what is reordered takes up to four times as long."""
        path, rng = self.path, self.rng
        delay = path.latency + (rng.randrange(path.jitter) if path.jitter else 0)
        if path.reordering and rng.random() < path.reordering:
            delay += round(path.latency * rng.uniform(1, 4))
        return delay


def damage(octets: bytes, rng: Random) -> bytes:
    """A burst of errors that some checksum must find; IPv6 has none over its own header."""
    first = 8 * 40 if octets[0] >> 4 == 6 else 0
    bits = 8 * len(octets)
    start = rng.randrange(first, bits - DAMAGE_BITS)
    pattern = (rng.getrandbits(DAMAGE_BITS) | 1) << (bits - start - DAMAGE_BITS)
    return (int.from_bytes(octets, "big") ^ pattern).to_bytes(len(octets), "big")
