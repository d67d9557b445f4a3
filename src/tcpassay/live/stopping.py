"""Ctrl-C and SIGTERM in a poll loop: noted, and told when the loop has come to rest."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """While entered, the first signal is kept in `caught` and makes `fd` readable.

    On leaving, the handler that was there before gets the signal, which it raises as it likes.
    A second signal goes to that handler at once. For the main thread only (signal(2) in Python).
    """

    def __init__(self) -> None:
        self.caught: signal.Signals | None = None
        self.fd, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._previous: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # As nohup and shells ask for.
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        handlers = dict(self._previous)
        self._restore()
        os.close(self.fd)
        os.close(self._wake)
        if self.caught is not None and error is None:
            handler = handlers.get(self.caught)
            if callable(handler):
                handler(self.caught, None)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.caught = signal.Signals(number)
        for each, handler in self._previous.items():
            signal.signal(each, handler)
        os.write(self._wake, b"\0")

    def _restore(self) -> None:
        while self._previous:
            number, handler = self._previous.popitem()
            signal.signal(number, handler)
