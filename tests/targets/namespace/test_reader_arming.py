from __future__ import annotations

import os
import select
from contextlib import closing

from tcpassay.targets.namespace.reader import Inlet, Reader


class WatchedEpoll:
    """Notes whether the reader knows a descriptor when it becomes able to be ready."""

    def __init__(self, real: select.epoll, seen: list[bool], known: dict[int, Inlet]) -> None:
        self._real = real
        self._seen = seen
        self._known = known

    def register(self, fd: int, events: int) -> None:
        self._seen.append(fd in self._known)
        self._real.register(fd, events)

    def modify(self, fd: int, events: int) -> None:
        if events:
            self._seen.append(fd in self._known)
        self._real.modify(fd, events)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def test_inlet_is_known_before_it_can_be_ready() -> None:
    """One readiness is all that EPOLLONESHOT gives: who does not know its inlet loses it."""
    read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    inlet = Inlet(read_end, 1500, lambda: 7, None)
    seen: list[bool] = []
    with closing(Reader()) as reader:
        reader._epoll = WatchedEpoll(reader._epoll, seen, reader._inlets)  # type: ignore[assignment]
        for text in (b"first", b"second"):
            os.write(write_end, text)
            reader.arm(inlet)
            came = inlet.arrivals.get(timeout_s=5)
            assert came is not None
            assert [each.octets for each in came] == [text]
            reader.disarm(inlet)
        reader.forget(inlet)
    os.close(read_end)
    os.close(write_end)
    assert seen == [True, True]
