"""The server's side of a fast open cookie, and how many such opens may be pending (RFC 7413).

A cookie is a keyed hash of the client's address, so that only who receives at that address knows
it (4.1.2). The key changes every `fast_open_key_s`; a cookie is good for the period in which it
was made and for the next, in which the server hands out a new one beside it.

What a listener may have pending has a bound (5.1), the value of TCP_FASTOPEN. A connection that a
reset has ended goes on counting for a while: a spoofed victim's reset must not make room for the
next spoofed SYN.
"""

from __future__ import annotations

from collections import deque
from hashlib import blake2b

SECOND = 1_000_000_000
#: Octets of a cookie: 4 to 16, even (4.1.1).
COOKIE_OCTETS = 8
#: How long an open that was reset still counts as pending (5.1), in nanoseconds.
RESET_COUNTS = 60 * SECOND


def make(secret: bytes, client: bytes, period: int) -> bytes:
    """The cookie of an address in one period of the key."""
    text = client + period.to_bytes(8, "big")
    return blake2b(text, digest_size=COOKIE_OCTETS, key=secret, person=b"fast open").digest()


def age_of(cookie: bytes, secret: bytes, client: bytes, period: int) -> int | None:
    """How many changes of the key ago the cookie was made, 0 or 1; None where it is not valid."""
    for age in (0, 1):
        if period >= age and cookie == make(secret, client, period - age):
            return age
    return None


class FastOpenQueue:
    """The opens of one listener whose handshake is not over: PendingFastOpenRequests (4.2)."""

    __slots__ = ("limit", "pending", "resets")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.pending = 0
        #: When each of the opens that were reset lately stops to count, nanoseconds.
        self.resets: deque[int] = deque()

    def admits(self, now: int) -> bool:
        """Whether one more may be pending; else fast open is off for the time being (5.1)."""
        while self.resets and self.resets[0] <= now:
            self.resets.popleft()
        return self.pending + len(self.resets) < self.limit

    def leave(self, now: int, *, reset: bool) -> None:
        """A pending open has been completed, or has ended."""
        self.pending -= 1
        if reset:
            self.resets.append(now + RESET_COUNTS)
