"""Where a run's files lie, and writing them whole or not at all.

OUT/run.jsonl                          one line a case, flushed
OUT/traces/<target>/<case>.json        what happened, to be replayed
OUT/captures/<target>/<case>.pcapng    the same for Wireshark
OUT/earlier/<n>/                       the run that was here before
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.whole import is_special, unwritten, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tcpassay.targets.contract import IpVersion

RUN_FILE: Final = "run.jsonl"
_OWN = (RUN_FILE, "traces", "captures")
_UNUSUAL = re.compile(r"[^A-Za-z0-9._=+,:@-]")
_LONGEST_NAME = 200
#: A lone surrogate, which has no UTF-8, is written as JSON spells it.
_LONE: Final = "backslashreplace"


class OutputFolder:
    """The folder of one run. The run's own files are its alone until it is closed."""

    def __init__(self, root: Path) -> None:
        """Take `root` for one run; an earlier run's files move to `earlier/`.

        Raises ConfigurationError where the folder cannot be written or another run uses it.
        """
        self.root = root
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._refuse_a_running_one()
            self._move_earlier_run()
            self._lines = os.open(root / RUN_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            fcntl.flock(self._lines, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            msg = f"{root}: cannot write the run's files here ({error.strerror}); give --out DIR"
            raise ConfigurationError(msg) from error

    def append(self, line: str) -> None:
        """One line of run.jsonl, handed to the system at once. Raises TcpassayError."""
        octets = line.encode(errors=_LONE) + b"\n"
        try:
            while octets:
                octets = octets[os.write(self._lines, octets) :]
        except OSError as error:
            raise unwritten(self.root / RUN_FILE, error) from error

    def write(self, relative: str, put: Callable[[Path], None]) -> str:
        """Let `put` write a file; it appears under its name when whole. Returns `relative`."""
        write_whole(self.root / relative, put)
        return relative

    def close(self) -> None:
        """Let others have the folder."""
        if self._lines >= 0:
            os.close(self._lines)
            self._lines = -1

    def _refuse_a_running_one(self) -> None:
        try:
            earlier = os.open(self.root / RUN_FILE, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            fcntl.flock(earlier, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"{self.root}: another run is writing here; wait for it or give another --out DIR"
            raise ConfigurationError(msg) from None
        finally:
            os.close(earlier)

    def _move_earlier_run(self) -> None:
        present = [name for name in _OWN if (self.root / name).exists()]
        if not present:
            return
        number = 1
        while (self.root / "earlier" / str(number)).exists():
            number += 1
        aside = self.root / "earlier" / str(number)
        aside.mkdir(parents=True)
        for name in present:
            (self.root / name).rename(aside / name)


def default_folder(started: datetime) -> Path:
    """`./tcpassay-out/<time>`, with a number behind it where that one exists."""
    base = Path("tcpassay-out") / started.strftime("%Y%m%d-%H%M%S")
    folder, number = base, 1
    while folder.exists():
        number += 1
        folder = base.with_name(f"{base.name}-{number}")
    return folder


def file_name(case: str, ip: IpVersion) -> str:
    """A case's id as a file name without suffix, `/` as `__`, one name an id and IP version."""
    plain = case.replace("/", "__")
    name = _UNUSUAL.sub("_", plain)[:_LONGEST_NAME] or "_"
    if name != plain:
        name += "-" + hashlib.blake2s(case.encode(errors=_LONE), digest_size=4).hexdigest()
    return name if ip == 4 else f"{name}.ipv6"


def folder_name(target: str) -> str:
    """A target's name, which a record from elsewhere may have made up, as that of a folder."""
    name = file_name(target, 4)
    return f"_{name}" if name.startswith(".") else name


def write_text(path: Path, text: str) -> None:
    """`write_whole` for text."""
    write_whole(path, lambda part: _put_text(part, text))


def require_writable(path: Path, option: str) -> None:
    """Raise ConfigurationError now rather than lose a report at the end of the run."""
    try:
        if path.is_dir():
            msg = f"{option} {path}: is a folder; name a file"
            raise ConfigurationError(msg)
        if is_special(path):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{option} {path}: cannot make its folder ({error.strerror}); name another file"
        raise ConfigurationError(msg) from error
    if not os.access(path.parent, os.W_OK):
        msg = f"{option} {path}: the folder {path.parent} cannot be written"
        raise ConfigurationError(msg)


def require_writable_folder(path: Path, option: str) -> None:
    """The same for a folder that many files go to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{option} {path}: cannot make this folder ({error.strerror}); name another one"
        raise ConfigurationError(msg) from error
    if not os.access(path, os.W_OK):
        raise ConfigurationError(f"{option} {path}: this folder cannot be written")


def _put_text(part: Path, text: str) -> None:
    part.write_text(text, encoding="utf-8", errors=_LONE)
