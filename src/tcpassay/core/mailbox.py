"""What threads put down for one thread that waits for it, or for its time to be over."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from queue import Empty
from typing import Final, Generic, TypeVar

T = TypeVar("T")

#: No lock is waited for longer at a time; the wait goes on then.
_AT_ONCE_S: Final = 3_600.0


class Mailbox(Generic[T]):
    """A queue of any number of writers and one reader.

    `queue.SimpleQueue` is as fast, but where a wait of microseconds is over before it has begun
    CPython 3.11 waits for ever.
    """

    __slots__ = ("_bell", "_values")

    def __init__(self) -> None:
        self._values: deque[T] = deque()
        self._bell = threading.Lock()
        self._bell.acquire()

    def put(self, value: T) -> None:
        """Put a value down and wake who waits."""
        self._values.append(value)
        with suppress(RuntimeError):  # The bell rings already.
            self._bell.release()

    def get_nowait(self) -> T:
        """The first value. Raises queue.Empty where there is none."""
        try:
            return self._values.popleft()
        except IndexError:
            raise Empty from None

    def get(self, timeout_s: float) -> T:
        """The first value, waiting for one. Raises queue.Empty after `timeout_s` seconds."""
        until = time.monotonic() + timeout_s
        while not self._values:
            left_s = until - time.monotonic()
            if left_s <= 0:
                raise Empty
            self._bell.acquire(timeout=min(left_s, _AT_ONCE_S))
        return self._values.popleft()
