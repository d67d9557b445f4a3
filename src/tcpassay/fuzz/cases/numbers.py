"""Which descriptor a call will give: the lowest that is not open (POSIX, 2.14)."""

from __future__ import annotations

#: Below are the standard streams.
FIRST = 3


class Numbers:
    """The descriptors that players have open on one stack.

    `known` is whether the stack has given the expected one so far, and any at all.
    """

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._given = self._other = False

    @property
    def known(self) -> bool:
        """Whether `lowest` may be relied on."""
        return self._given and not self._other

    def lowest(self) -> int:
        """What the next call will give."""
        fd = FIRST
        while fd in self._open:
            fd += 1
        return fd

    def given(self, fd: int) -> None:
        """A call has given a descriptor."""
        self._given = True
        self._other = self._other or fd != self.lowest()
        self._open.add(fd)

    def closed(self, fd: int) -> None:
        """A descriptor has been closed."""
        self._open.discard(fd)
