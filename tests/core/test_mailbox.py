"""What one thread waits for: in order, in time, and never for longer than it has asked."""

from __future__ import annotations

import sys
import threading
import time
from queue import Empty

import pytest

from tcpassay.core.mailbox import Mailbox


def test_values_come_in_order() -> None:
    """Three values, with and without waiting; then none."""
    box: Mailbox[int] = Mailbox()
    for value in (1, 2, 3):
        box.put(value)
    assert (box.get(0.0), box.get_nowait(), box.get(1.0)) == (1, 2, 3)
    with pytest.raises(Empty):
        box.get_nowait()


@pytest.mark.parametrize("timeout_s", [-1.0, 0.0, 1e-9, 0.02])
def test_wait_ends(timeout_s: float) -> None:
    """Nothing comes, even where a bell rings for what has been taken already; Empty, not sooner."""
    box: Mailbox[int] = Mailbox()
    box.put(1)
    box.get_nowait()
    began = time.monotonic()
    with pytest.raises(Empty):
        box.get(timeout_s)
    assert time.monotonic() - began >= timeout_s


def test_value_ends_the_wait() -> None:
    """A value from another thread; the reader has it long before its time is over."""
    box: Mailbox[str] = Mailbox()
    threading.Timer(0.02, box.put, ("came",)).start()
    began = time.monotonic()
    assert box.get(60.0) == "came"
    assert time.monotonic() - began < 30


def test_waits_of_no_time_end_beside_busy_threads() -> None:
    """Waits that are over before they begin, while others want the processor; each ends."""
    box: Mailbox[int] = Mailbox()
    left = [20_000]
    over = threading.Event()

    def reader() -> None:
        while left[0] and not over.is_set():
            left[0] -= 1
            box.put(1)
            box.get_nowait()
            with pytest.raises(Empty):
                box.get(1e-9)

    def busy() -> None:
        while not over.is_set():
            sum(range(100))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=each, daemon=True) for each in (reader, busy, busy)]
    try:
        for thread in threads:
            thread.start()
        threads[0].join(60)
        assert not left[0]
    finally:
        over.set()
        sys.setswitchinterval(before)
