"""Errors of socket calls, by their POSIX names."""

from __future__ import annotations


class CallError(Exception):
    """A socket call fails: `errno` is the POSIX name, "ENOTCONN" and the like."""

    def __init__(self, errno: str) -> None:
        super().__init__(errno)
        self.errno = errno
