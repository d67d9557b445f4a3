"""The one thread that reads every TUN whose case is waiting, and stamps what it reads."""

from __future__ import annotations

import os
import select
import threading
import time
from typing import TYPE_CHECKING

from tcpassay.core.events import Sent
from tcpassay.core.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import StackEvent
    from tcpassay.targets.namespace.stamps import KernelStamps

_TICK_MS = 20
_IDLE_MS = 500
_NS_PER_MS = 1_000_000


class Inlet:
    """What comes out of one TUN: read by its case in a step, by the reader while it waits.

    `arrivals` wakes the waiting case: with what the reader read, or with None for "look around".
    `max_lag_ns` is how late the reader was at worst while it stood in for this case.
    """

    def __init__(
        self, fd: int, mtu: int, now_ns: Callable[[], int], stamps: KernelStamps | None
    ) -> None:
        self.fd = fd
        self.arrivals: Mailbox[list[Sent] | None] = Mailbox()
        self.max_lag_ns = 0
        self.registered = False
        self.armed = False
        self.lock = threading.Lock()
        self._room = mtu + 64
        self._now_ns = now_ns
        self._stamps = stamps
        waiting = select.poll()
        waiting.register(fd, select.POLLIN)
        self._waits = waiting.poll

    def read(self, into: list[StackEvent] | list[Sent]) -> None:
        """Append every datagram that waits. To ask whether one does costs 0.6 us, to be told so by
        a read that finds none 2 us.
        """
        while self._waits(0):
            try:
                octets = os.read(self.fd, self._room)
            except BlockingIOError:
                return
            t_ns = self._now_ns()
            if self._stamps is not None:
                t_ns = self._stamps.of(octets, t_ns)
            into.append(Sent(t_ns, octets))

    def wake(self) -> None:
        """Make the waiting case look around."""
        self.arrivals.put(None)


class Reader:
    """Stands in for the cases that wait. Started with the first wait, ended by `close`."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._inlets: dict[int, Inlet] = {}
        self._closing = False
        self._max_lag_ns = 0
        self._stop_read, self._stop_write = os.pipe2(os.O_CLOEXEC)
        self._epoll.register(self._stop_read, select.EPOLLIN)
        self._thread = threading.Thread(target=self._serve, name="tcpassay-reader", daemon=True)
        self._thread.start()

    def lag_ns(self) -> int:
        """How late the reader was at worst since it began."""
        return self._max_lag_ns

    def arm(self, inlet: Inlet) -> None:
        """Read this TUN from now on, until something has come or `disarm`."""
        with inlet.lock:
            inlet.armed = True
            # Known before it can be ready: one event is all that ONESHOT gives.
            self._inlets[inlet.fd] = inlet
            if inlet.registered:
                self._epoll.modify(inlet.fd, select.EPOLLIN | select.EPOLLONESHOT)
            else:
                self._epoll.register(inlet.fd, select.EPOLLIN | select.EPOLLONESHOT)
                inlet.registered = True

    def disarm(self, inlet: Inlet) -> None:
        """Leave this TUN to its case."""
        with inlet.lock:
            if inlet.armed:
                inlet.armed = False
                self._epoll.modify(inlet.fd, 0)
            self._inlets.pop(inlet.fd, None)

    def forget(self, inlet: Inlet) -> None:
        """Let go of a TUN that is about to be closed."""
        with inlet.lock:
            inlet.armed = False
            self._inlets.pop(inlet.fd, None)
            if inlet.registered:
                self._epoll.unregister(inlet.fd)
                inlet.registered = False

    def close(self) -> None:
        """End the thread."""
        self._closing = True
        os.write(self._stop_write, b"x")
        self._thread.join()
        self._epoll.close()
        os.close(self._stop_read)
        os.close(self._stop_write)

    def _serve(self) -> None:
        while not self._closing:
            patience_ms = _TICK_MS if self._inlets else _IDLE_MS
            asked = time.monotonic_ns()
            ready = self._epoll.poll(patience_ms / 1000)
            woken = time.monotonic_ns()
            late = woken - asked - patience_ms * _NS_PER_MS
            for fd, _ in ready:
                inlet = self._inlets.get(fd)
                if inlet is not None:
                    self._take(inlet, late, woken)
            self._note(max(late, time.monotonic_ns() - woken))

    def _take(self, inlet: Inlet, late_ns: int, woken: int) -> None:
        """Read an inlet. Its lag is noted first: a case that has been woken looks at once."""
        with inlet.lock:
            if not inlet.armed:
                return
            lag_ns = max(late_ns, time.monotonic_ns() - woken)
            inlet.max_lag_ns = max(inlet.max_lag_ns, lag_ns)
            came: list[Sent] = []
            inlet.read(came)
            if came:
                inlet.armed = False
                inlet.arrivals.put(came)
            else:
                self._epoll.modify(inlet.fd, select.EPOLLIN | select.EPOLLONESHOT)

    def _note(self, lag_ns: int) -> None:
        self._max_lag_ns = max(self._max_lag_ns, lag_ns)
        for inlet in list(self._inlets.values()):
            inlet.max_lag_ns = max(inlet.max_lag_ns, lag_ns)
