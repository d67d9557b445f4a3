"""Octets the application has handed over and the peer has not yet acknowledged."""

from __future__ import annotations


class SendBuffer:
    """A queue of octets; offset 0 is the first one not acknowledged."""

    __slots__ = ("_octets",)

    def __init__(self) -> None:
        self._octets = bytearray()

    def __len__(self) -> int:
        return len(self._octets)

    def append(self, octets: bytes) -> None:
        """Queue more octets at the end."""
        self._octets += octets

    def read(self, offset: int, count: int) -> bytes:
        """At most `count` octets from `offset` on; they stay queued until acknowledged."""
        return bytes(self._octets[offset : offset + count])

    def acknowledge(self, count: int) -> None:
        """Forget the first `count` octets."""
        del self._octets[:count]

    def clear(self) -> None:
        """Forget everything."""
        self._octets.clear()
