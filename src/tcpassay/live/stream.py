"""A connection as a program sees it: octets in pieces, or up to a mark."""

from __future__ import annotations

from typing import Final

from tcpassay.live import calls
from tcpassay.live.calls import Address, CallFailed

#: Octets read and thrown away from a peer that goes on sending after our answer.
PATIENCE: Final = 1 << 20


class StreamEnded(Exception):  # noqa: N818 - an end, in the wrong place
    """The peer has closed before what was awaited had come."""


class Stream:
    """One connection; `peer` is its other end. Calls on it raise CallFailed."""

    def __init__(self, fd: int, peer: Address) -> None:
        self.fd = fd
        self.peer = peer
        self._kept = b""

    async def piece(self, most: int = 65_536) -> bytes:
        """Some octets, at most `most`; none at the end."""
        if not self._kept:
            return await calls.receive(self.fd, most)
        octets, self._kept = self._kept[:most], self._kept[most:]
        return octets

    async def up_to(self, mark: bytes, most: int) -> bytes:
        """The octets before `mark`, which is taken too.

        Raises StreamEnded; ValueError when the mark does not come within `most` octets.
        """
        octets = b""
        while mark not in octets:
            if len(octets) > most:
                raise ValueError(f"{mark!r} did not come within {most} octets")
            more = await self.piece()
            if not more:
                raise StreamEnded(f"the peer closed after {len(octets)} octets")
            octets += more
        wanted, _, self._kept = octets.partition(mark)
        return wanted

    async def send(self, octets: bytes) -> None:
        """Send all of it."""
        await calls.send(self.fd, octets)

    async def finish(self) -> None:
        """Send a FIN, take what the peer still sends, close.

        Closing with text unread would reset the connection, and our last octets might be lost by
        it (RFC 9293, 3.6.1; RFC 9112, 9.6).
        """
        try:
            await calls.shut_down_sending(self.fd)
            left = PATIENCE
            while left > 0 and (octets := await calls.receive(self.fd)):
                left -= len(octets)
        except CallFailed:
            pass  # The peer is gone already; the descriptor is still ours to give back.
        await calls.close(self.fd)
