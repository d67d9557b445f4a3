"""The client's side of fast open: cookies it was given, and paths that fast open does not pass.

A cookie belongs to a pair of addresses and is kept with the MSS of the server (RFC 7413, 4.1.3).
A path is a pair of ends without the local port: what went wrong with one port of a server says
nothing of another (4.1.3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from tcpref.tcb import Key

SECOND = 1_000_000_000
#: Servers that are remembered at most, and paths; of more the oldest goes.
ENTRIES = 1_024
#: The wait after a failure doubles so often at most.
DOUBLINGS = 6

Path = tuple[bytes, bytes, int]
K = TypeVar("K")
V = TypeVar("V")


class Grant(NamedTuple):
    """What a server has granted: a cookie, and its MSS option (None where it sent none)."""

    cookie: bytes
    mss: int | None


class Refusal(NamedTuple):
    """How often a path has failed in a row, and until when it is not tried (nanoseconds)."""

    times: int
    until: int


class CookieCache:
    """All that a host knows as a client."""

    __slots__ = ("_grants", "_refusals")

    def __init__(self) -> None:
        self._grants: dict[tuple[bytes, bytes], Grant] = {}
        self._refusals: dict[Path, Refusal] = {}

    def grant_for(self, key: Key) -> Grant | None:
        """The cookie for the server of a connection."""
        return self._grants.get((key[0], key[2]))

    def learn(self, key: Key, cookie: bytes, mss: int | None) -> None:
        """A SYN,ACK has brought a cookie: the path works."""
        self._refusals.pop((key[0], key[2], key[3]), None)
        remember(self._grants, (key[0], key[2]), Grant(cookie, mss))

    def works(self, key: Key) -> None:
        """Text of a SYN was taken: no failure stands against the path any more."""
        self._refusals.pop((key[0], key[2], key[3]), None)

    def fails(self, key: Key, now: int, seconds: int) -> None:
        """Leave the path alone for `seconds`, twice as long for each failure in a row."""
        path = (key[0], key[2], key[3])
        before = self._refusals.get(path)
        times = 0 if before is None else min(before.times + 1, DOUBLINGS)
        remember(self._refusals, path, Refusal(times, now + (seconds << times) * SECOND))

    def avoids(self, key: Key, now: int) -> bool:
        """Whether the path is left alone now."""
        refusal = self._refusals.get((key[0], key[2], key[3]))
        return refusal is not None and now < refusal.until


def remember(table: dict[K, V], key: K, value: V) -> None:
    """Put an entry at the end of a table that holds `ENTRIES` at most."""
    table.pop(key, None)
    while len(table) >= ENTRIES:
        del table[next(iter(table))]
    table[key] = value
