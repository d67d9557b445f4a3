"""How far each stay of a campaign is: a record of eight octets each, written after every case.

What is handed to the system survives the tester's own end, however sudden. A write costs about a
microsecond.
"""

from __future__ import annotations

import errno
import os
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.errors import ConfigurationError
from tcpassay.fuzz.campaign.lines import HeldFile, unwritten
from tcpassay.fuzz.sources import STAY

if TYPE_CHECKING:
    from pathlib import Path

_MAGIC: Final = b"tcpassay-stays-1"
_RECORD = struct.Struct("<HHHH")
_OVER: Final = 1


class Progress(NamedTuple):
    """Cases of a stay that have ended, of them accepted by tier one, of them with alarms; whether
    its boundary has been judged.
    """

    cases: int = 0
    accepted: int = 0
    alarmed: int = 0
    over: bool = False


class StaysFile(HeldFile):
    """The file, for any number of processes that each write of another stay."""

    def __init__(self, path: Path, *, new: bool) -> None:
        """Open it, or make it. Raises ConfigurationError where it is none, OSError."""
        super().__init__(path, os.O_CREAT | os.O_EXCL if new else 0)
        if new:
            os.pwrite(self._fd, _MAGIC, 0)
        elif os.pread(self._fd, len(_MAGIC), 0) != _MAGIC:
            self.close()
            msg = f"{path}: not written by this tcpassay's `fuzz`; give another --out DIR"
            raise ConfigurationError(msg)

    @staticmethod
    def is_one(path: Path) -> bool:
        """Whether there is such a file."""
        try:
            with path.open("rb") as file:
                return file.read(len(_MAGIC)) == _MAGIC
        except OSError:
            return False

    def set(self, stay: int, progress: Progress) -> None:
        """How far a stay is now. Raises TcpassayError where that cannot be written."""
        cases, accepted, alarmed, over = progress
        record = _RECORD.pack(cases, accepted, alarmed, _OVER if over else 0)
        try:
            written = os.pwrite(self._fd, record, len(_MAGIC) + stay * _RECORD.size)
            if written < len(record):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise unwritten(self._path, error) from error

    def get(self, stay: int) -> Progress:
        """How far a stay is."""
        octets = os.pread(self._fd, _RECORD.size, len(_MAGIC) + stay * _RECORD.size)
        return _progress(_RECORD.unpack(octets.ljust(_RECORD.size, b"\0")))

    def all(self) -> list[Progress]:
        """Every stay up to the last that has begun."""
        size = os.fstat(self._fd).st_size - len(_MAGIC)
        octets = os.pread(self._fd, max(0, size), len(_MAGIC))
        octets += bytes(-len(octets) % _RECORD.size)
        found = [_progress(record) for record in _RECORD.iter_unpack(octets)]
        while found and found[-1] == Progress():
            found.pop()
        return found

    def fileno(self) -> int:
        """The descriptor, for who locks it."""
        return self._fd


def _progress(record: tuple[int, ...]) -> Progress:
    cases, accepted, alarmed, flags = record
    return Progress(min(cases, STAY), accepted, alarmed, bool(flags & _OVER))
