"""Our own descriptors in an app's process: high, out of the way of the app's."""

from __future__ import annotations

import fcntl
import os
from typing import Final

#: Ours lie from here on; a fresh program's first socket is 3.
HIGH: Final = 700

_HIGHEST: Final = 1 << 16


def raised(fd: int) -> int:
    """The same file under a number of ours, closed on exec; `fd` itself is closed."""
    high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH)
    os.close(fd)
    return high


def close_all_but(kept: int) -> None:
    """Close every descriptor of ours but one."""
    os.closerange(HIGH, kept)
    os.closerange(kept + 1, _HIGHEST)
