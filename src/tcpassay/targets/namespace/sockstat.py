"""Whether a namespace has sockets: its own counts, far cheaper than a walk through the tables."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcpassay.targets.namespace.netns import NetworkNamespace

#: Bound, listening and connected sockets, and records of TIME-WAIT. Of a listener that is gone no
#: half-open connection is left; those of an active open are in use.
_COUNTS: Final = re.compile(rb"^TCP6?: inuse (\d+)(?: orphan \d+ tw (\d+))?", re.MULTILINE)
_FILES: Final = ("/proc/thread-self/net/sockstat", "/proc/thread-self/net/sockstat6")
_LONGEST: Final = 4096


def has_no_sockets(namespace: NetworkNamespace) -> bool:
    """Whether no TCP socket and no record of TIME-WAIT is in a namespace (40 us).

    Raises OSError where the kernel does not tell.
    """
    with namespace:
        counts = [number for path in _FILES for number in _counts(path)]
    return bool(counts) and not any(counts)


def _counts(path: str) -> list[int]:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        text = os.read(fd, _LONGEST)
    finally:
        os.close(fd)
    return [int(number) for pair in _COUNTS.findall(text) for number in pair if number]
