"""SIGINT and SIGTERM during a run, and the time limit of a case that runs in the main thread."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType

#: What ends a run early and in order.
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class CutShort(BaseException):
    """Raised inside a guarded part by a signal; no `except Exception` of a stack stops it."""

    def __init__(self, *, for_time: bool) -> None:
        super().__init__("time is up" if for_time else "interrupted")
        self.for_time = for_time


class Interrupts:
    """While entered, SIGINT and SIGTERM are noted in `caught` and cut a guarded part short.

    The first signal puts the previous handlers back, so that a second one acts as if nobody were
    listening. Outside the main thread, where Python takes no signals, nothing is ever caught.
    """

    def __init__(self) -> None:
        self.caught: str | None = None
        self._guarding = False
        self._previous: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._previous[number] = signal.signal(number, self._on_signal)
            self._previous[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_alarm)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._restore()

    def signalled(self) -> bool:
        """Whether a signal has come."""
        return self.caught is not None

    @contextmanager
    def guarded(self, max_time_s: float) -> Iterator[None]:
        """The part that CutShort may be raised in: by a signal, or after `max_time_s` seconds."""
        armed = bool(self._previous)
        self._guarding = armed
        try:
            if self.caught:
                raise CutShort(for_time=False)
            if armed:
                signal.setitimer(signal.ITIMER_REAL, max_time_s)
            yield
        finally:
            self._guarding = False
            if armed:
                signal.setitimer(signal.ITIMER_REAL, 0)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.caught = signal.Signals(number).name
        self._restore()
        self._cut(for_time=False)

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        self._cut(for_time=True)

    def _cut(self, *, for_time: bool) -> None:
        if self._guarding:
            self._guarding = False
            raise CutShort(for_time=for_time)

    def _restore(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        while self._previous:
            number, handler = self._previous.popitem()
            if number == signal.SIGALRM:
                signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(number, handler)


@contextmanager
def signals_held_back() -> Iterator[None]:
    """No signal is lost between a fork and the child's own handlers."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
