"""How a case is stopped from outside: its stack is closed under it."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from tcpassay.conformance.outcome import Inconclusive

if TYPE_CHECKING:
    from tcpassay.targets.contract import Stack


class Leash:
    """Holds the stack of one case for whoever may have to cut it short.

    `reason` is why it was cut, empty while it was not. Every method may be called from any
    thread; a stack is closed by one thread at a time.
    """

    __slots__ = ("_lock", "_stack", "reason")

    def __init__(self) -> None:
        self._lock = Lock()
        self._stack: Stack | None = None
        self.reason = ""

    def hold(self, stack: Stack) -> None:
        """Take charge of a stack just started. Raises Inconclusive where the cut came first."""
        with self._lock:
            self._stack = stack
            reason = self.reason
        if reason:
            self.close()
            raise Inconclusive(reason)

    def cut(self, reason: str) -> None:
        """Close the stack now; the call that waits in it ends with a fault."""
        with self._lock:
            self.reason = self.reason or reason
        self.close()

    def close(self) -> None:
        """Close the stack, if it is there."""
        with self._lock:
            if self._stack is not None:
                self._stack.close()

    def lag_ns(self) -> int | None:
        """How late this stack's reader was at worst, nanoseconds; None where no stack tells.

        `lag_ns()` is optional for a stack. It is asked without the lock: a look must not wait
        for a stack that is being closed.
        """
        tell = getattr(self._stack, "lag_ns", None)
        return int(tell()) if callable(tell) else None
