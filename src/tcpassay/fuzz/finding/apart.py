"""Work in a child of this process: what it needs, and what it breaks, is not this one's."""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from tcpassay.conformance.interrupts import signals_held_back
from tcpassay.core.errors import TcpassayError
from tcpassay.targets.orphans import die_with

if TYPE_CHECKING:
    from collections.abc import Callable


def apart(work: Callable[[], bytes], seconds: float) -> bytes:
    """What `work` returns in a child; nothing where that dies, raises or takes longer.

    A TcpassayError it keeps to itself, a traceback of anything else goes to stderr. The child ends
    with this process at the latest.
    """
    parent, (reader, writer) = os.getpid(), os.pipe()
    child, octets = 0, None
    try:
        with signals_held_back():
            child = os.fork()
            if not child:
                die_with(parent)
                _leave(work, writer)
        os.close(writer)
        writer = -1
        octets = _all_of(reader, seconds)
    finally:
        for end in (reader, writer):
            if end >= 0:
                os.close(end)
        if child and octets is None:
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1] if child else 0
    return octets if octets and not status else b""


def _leave(work: Callable[[], bytes], writer: int) -> None:
    """The child's part: it leaves signals to its parent, and never comes back."""
    code = 1
    try:
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(work())
        code = 0
    except TcpassayError:
        pass
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _all_of(reader: int, seconds: float) -> bytes | None:
    """What is written once into a pipe until its other end is closed; None where that is late."""
    parts: list[bytes] = []
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    while poll.poll(seconds * 1000):
        part = os.read(reader, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None
