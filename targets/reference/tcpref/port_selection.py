"""Which ephemeral port comes next: hard to guess, and late used again (RFC 6056, 3.3).

Who wants to forge segments of a connection has to know its port. So the first port to a
destination is a matter of a keyed hash, or of chance:

- "random" (algorithm 1): any port to start with, then upwards to the first suitable one;
- "hash" (algorithm 3): one count for all, beyond a place that a keyed hash of local address, remote
  address and remote port gives. To one destination ports go up, and none comes again before all
  have had their turn; but who owns one destination counts the connections to all others;
- "double-hash" (algorithm 4): as many counts as the table has places, and a second hash tells
  which: counts of most other destinations stay hidden.

Without a destination, as for bind(), it is algorithm 1.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tcpref.settings import Settings

#: Counts of algorithm 4; each costs an integer.
TABLE_LENGTH = 256

#: Local address, remote address and remote port.
Destination = tuple[bytes, bytes, int]


class PortSelection:
    """The order in which ports are tried."""

    __slots__ = ("_counts", "_first", "_mode", "_rng", "_secret", "_size")

    def __init__(self, settings: Settings, rng: Random) -> None:
        self._mode = settings.port_selection
        self._first = settings.ephemeral_first
        self._size = max(1, settings.ephemeral_last - settings.ephemeral_first + 1)
        self._rng = rng
        self._secret = rng.randbytes(16)
        places = TABLE_LENGTH if self._mode == "double-hash" else 1
        self._counts = [rng.randrange(self._size) for _ in range(places)]

    def candidates(self, destination: Destination | None) -> Iterator[int]:
        """Every port of the range once, in the order of the algorithm."""
        if destination is None or self._mode == "random":
            yield from self._upwards_from(self._rng.randrange(self._size))
            return
        offset, index = self.places_of(destination)
        for _ in range(self._size):
            count, self._counts[index] = self._counts[index], self._counts[index] + 1
            yield self._first + (offset + count) % self._size

    def _upwards_from(self, start: int) -> Iterator[int]:
        for step in range(self._size):
            yield self._first + (start + step) % self._size

    def places_of(self, destination: Destination) -> tuple[int, int]:
        """F and G: where ports to a destination start, and which count is theirs."""
        local, remote, port = destination
        text = b"%b%b%b" % (local, remote, port.to_bytes(2, "big"))
        digest = blake2b(text, digest_size=8, key=self._secret, person=b"port").digest()
        index = int.from_bytes(digest[4:], "big") % len(self._counts)
        return int.from_bytes(digest[:4], "big") % self._size, index
