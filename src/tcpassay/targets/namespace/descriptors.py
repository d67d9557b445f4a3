"""Descriptor numbers as the app sees them, and the real ones behind them."""

from __future__ import annotations

import os
from typing import Protocol

#: A number that no process has open: the kernel answers EBADF (poll: POLLNVAL) to it.
NOBODY = 0x7FFF_FFFF


class Descriptors(Protocol):
    """The two ways to number descriptors."""

    def real(self, fd: int) -> int:
        """The real descriptor behind the app's `fd`."""
        ...

    def add(self, real: int, least: int = 0) -> int:
        """The app's number for a new real descriptor: the lowest free one from `least` on."""
        ...

    def drop(self, fd: int) -> None:
        """The app's `fd` is no longer open."""
        ...

    def every(self) -> list[int]:
        """The real descriptors that the app has open."""
        ...


class OwnDescriptors:
    """A process of the app's own: its numbers are the real ones."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def real(self, fd: int) -> int:
        return fd

    def add(self, real: int, least: int = 0) -> int:  # noqa: ARG002 - the kernel chose already
        self._open.add(real)
        return real

    def drop(self, fd: int) -> None:
        self._open.discard(fd)

    def every(self) -> list[int]:
        return list(self._open)


class PrivateDescriptors:
    """An app inside the tester's process: numbers of its own, from 3, lowest free first.

    So a case can neither close one of the tester's descriptors nor see their numbers.
    """

    def __init__(self) -> None:
        self._real: dict[int, int] = {}

    def real(self, fd: int) -> int:
        return self._real.get(fd, NOBODY if fd >= 0 else fd)

    def add(self, real: int, least: int = 0) -> int:
        fd = max(3, least)
        while fd in self._real:
            fd += 1
        self._real[fd] = real
        return fd

    def drop(self, fd: int) -> None:
        self._real.pop(fd, None)

    def every(self) -> list[int]:
        return list(self._real.values())


def close_quietly(fd: int) -> None:
    """Close a descriptor that may be gone already."""
    try:
        os.close(fd)
    except OSError:
        return
