"""The agent's end of the channel: frames over a descriptor of any kind."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING

from tcpassay.targets.protocol import Decoder

if TYPE_CHECKING:
    from tcpassay.targets.protocol import Frame

_CHUNK = 1 << 18


class Link:
    """Blocking reads and writes of frames; a stream, a SOCK_SEQPACKET socket or a raw terminal."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._room = memoryview(bytearray(_CHUNK))
        self._decoder = Decoder()
        self._frames: deque[Frame] = deque()

    def fileno(self) -> int:
        """The descriptor."""
        return self._fd

    @property
    def pending(self) -> bool:
        """Whether a frame has been read and not been handed out."""
        return bool(self._frames)

    def read(self) -> Frame | None:
        """The next frame; None at the end. Raises ProtocolError."""
        while not self._frames:
            self._decoder.check()
            try:
                octets = bytes(self._room[: os.readv(self._fd, (self._room,))])
            except ConnectionError:
                return None
            if not octets:
                return None
            self._frames.extend(self._decoder.feed(octets))
        return self._frames.popleft()

    def write(self, octets: bytes) -> None:
        """Write all of it; what nobody reads any more is lost."""
        try:
            while octets:
                octets = octets[os.write(self._fd, octets) :]
        except ConnectionError:
            return
