"""Files of one JSON value a line, to which is only ever added: whole lines or none."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import ConfigurationError, TcpassayError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcpassay.core.json_values import Json


_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, check_circular=False).encode
#: Octets that are looked at at once for the end of a line.
_BLOCK = 1 << 16


class Read(NamedTuple):
    """The values of a file, and how many octets of a line that was never finished were dropped."""

    values: list[Json]
    torn: int


class HeldFile:
    """A file of the folder, open for reading and writing, and by other processes too."""

    def __init__(self, path: Path, flags: int) -> None:
        """Open or make it: `flags` of open(2) besides. Raises OSError."""
        self._path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o644)

    def sync(self) -> None:
        """Onto the disk. Raises TcpassayError."""
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise unwritten(self._path, error) from error

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Lines(HeldFile):
    """A file to add to, by any number of processes."""

    def __init__(self, path: Path) -> None:
        """Open or make it. Raises OSError."""
        super().__init__(path, os.O_CREAT | os.O_APPEND)

    def add(self, value: Json, *, sync: bool = False) -> None:
        """One line; with `sync` it is on the disk afterwards. Raises TcpassayError, and then
        nothing of the line is left.
        """
        octets = _encode(value).encode() + b"\n"
        try:
            fcntl.lockf(self._fd, fcntl.LOCK_EX)
            try:
                self._add(octets)
            finally:
                fcntl.lockf(self._fd, fcntl.LOCK_UN)
            if sync:
                os.fsync(self._fd)
        except OSError as error:
            raise unwritten(self._path, error) from error

    def _add(self, octets: bytes) -> None:
        before = os.fstat(self._fd).st_size
        try:
            while octets:
                octets = octets[os.write(self._fd, octets) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._fd, before)
            raise


def read_lines(path: Path, *, mend: bool = False) -> Read:
    """The values of a file; none where there is no file.

    A last line without its end was being written when the tester was killed: it is left out, and
    with `mend` cut off, so that the next one stands by itself. Raises ConfigurationError for any
    other line that is no JSON, with file and line; OSError.
    """
    return Read(list(each_value(path)), torn_at_end(path, mend=mend))


def each_value(path: Path) -> Iterator[Json]:
    """The values of a file one after the other, without what is torn. Raises as `read_lines`."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError as error:
                msg = (
                    f"{path}:{number}: no JSON ({error}); "
                    "the file is damaged: give another --out DIR"
                )
                raise ConfigurationError(msg) from None


def torn_at_end(path: Path, *, mend: bool = False) -> int:
    """Octets of a last line that has no end; with `mend` they are cut off. Raises OSError."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return 0
    with file:
        end = at = file.seek(0, os.SEEK_END)
        whole = 0
        while at and not whole:
            first = max(0, at - _BLOCK)
            file.seek(first)
            whole = first + file.read(at - first).rfind(b"\n") + 1
            whole, at = (0 if whole == first else whole), first
    if whole < end and mend:
        os.truncate(path, whole)
    return end - whole


def unwritten(path: Path, error: OSError) -> TcpassayError:
    """The error for a file that cannot be written, as the user is to read it."""
    what = error.strerror
    return TcpassayError(f"{path}: not written: {what}; free space, then go on with --resume")
