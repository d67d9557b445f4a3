"""Who takes turns stays on one processor: waking somebody on another costs more than the work."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def on_one_processor() -> Iterator[None]:
    """The calling thread, and the threads and programs started within, on one processor.

    Threads that hardly wait take turns at Python's lock, a third quicker so; the tester and an
    agent take turns at a step: 35 us in place of 100. Where the system has no such call, or
    refuses, they stay where they are.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    # Testers that run beside each other are to be on different ones.
    one = sorted(before)[os.getpid() % len(before)]
    with suppress(OSError):
        os.sched_setaffinity(0, {one})
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, before)
