"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tcpassay.core.errors import TcpassayError

if TYPE_CHECKING:
    from collections.abc import Callable


def write_whole(path: Path, put: Callable[[Path], None], *, lasting: bool = False) -> None:
    """Let `put` write a file beside `path`, then give it that name. Raises TcpassayError.

    What is there and no ordinary file (/dev/stdout, /dev/null, a FIFO) is written to, never
    replaced; of a symbolic link, what it leads to. With `lasting` it is on the disk on return.
    """
    try:
        if is_special(path):
            put(path)
            return
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        os.close(descriptor)
    except OSError as error:
        raise unwritten(path, error) from error
    part = Path(beside)
    try:
        put(part)
        part.chmod(0o644)
        if lasting:
            _to_disk(part)
        part.replace(path)
        if lasting:
            _to_disk(path.parent)
    except OSError as error:
        raise unwritten(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_special(path: Path) -> bool:
    """Whether there is something that is no ordinary file."""
    return path.exists() and not path.is_file()


def unwritten(path: Path, error: OSError) -> TcpassayError:
    """What is said of a file that could not be written."""
    return TcpassayError(f"{path}: not written: {error.strerror}; free space or give --out DIR")
