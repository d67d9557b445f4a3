"""What crosses the link, written to a pcapng file as it goes."""

from __future__ import annotations

import os
import stat
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tcpassay.core.errors import ConfigurationError, TcpassayError
from tcpassay.wire.pcapng import INBOUND, OUTBOUND, interface, packet, section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcpassay.targets.wrappers.capture import Direction, Sink


class CaptureFailed(TcpassayError):  # noqa: N818 - what happened
    """The file could not be written any further."""


@contextmanager
def capture_file(path: Path, device: str, comment: str) -> Iterator[Sink]:
    """A sink that writes each datagram, at the time of day, before anything else is done with it.

    A datagram is one block and one write(2), so the file can be read at any moment, and whatever
    ends the program. About 10 us a datagram. Raises ConfigurationError for a file that cannot be
    opened; the sink raises CaptureFailed, once: what was written by then stays readable.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        fd = os.open(path, flags, 0o644)
    except OSError as error:
        raise ConfigurationError(f"--pcap {str(path)!r}: {error.strerror}; name a file") from None
    try:
        file = _File(fd, path)
        file.write(section([comment]) + interface(device))
        yield file.sink
    finally:
        os.close(fd)


class _File:
    """An open capture file, until a write fails."""

    def __init__(self, fd: int, path: Path) -> None:
        self._fd = fd
        self._path = path
        self._whole = 0
        self._failed = False

    def sink(self, _t_ns: int, direction: Direction, octets: bytes) -> None:
        """Write a datagram; the stack's own clock began when the stack did and says no date."""
        way = INBOUND if direction == "in" else OUTBOUND
        self.write(packet(time.time_ns(), way, octets))

    def write(self, block: bytes) -> None:
        if self._failed:
            return
        left = block
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError as error:
            self._failed = True
            self._cut()
            raise CaptureFailed(
                f"--pcap {str(self._path)!r}: not written: {error.strerror}; "
                "what was written before can be read"
            ) from None
        self._whole += len(block)

    def _cut(self) -> None:
        """Let the file end with its last whole block; a pipe keeps what it has."""
        if stat.S_ISREG(os.fstat(self._fd).st_mode):
            os.ftruncate(self._fd, self._whole)
