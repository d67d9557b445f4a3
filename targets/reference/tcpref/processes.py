"""Processes on the host: descriptor tables, fork, and what the end of a process closes."""

from __future__ import annotations

from tcpref.errors import CallError
from tcpref.sockets import Socket

#: Standard input, output and error are taken in every process.
FIRST_DESCRIPTOR = 3


class Process:
    """One process: its descriptors and its user (0 has all privileges)."""

    __slots__ = (
        "_full_below",
        "address_lists",
        "alive",
        "close_on_exec",
        "descriptors",
        "limit",
        "number",
        "user",
    )

    def __init__(self, number: int, user: int, limit: int) -> None:
        self.number = number
        self.user = user
        self.alive = True
        self.limit = limit
        self.descriptors: dict[int, Socket] = {}
        self.close_on_exec: set[int] = set()
        self.address_lists: set[int] = set()  # Results of getaddrinfo() not yet freed.
        self._full_below = FIRST_DESCRIPTOR  # No descriptor below this one is free.

    def fork(self, number: int, user: int | None) -> Process:
        """A child with the same descriptors, each socket held once more."""
        child = Process(number, self.user if user is None else user, self.limit)
        for descriptor, socket in self.descriptors.items():
            socket.references += 1
            child.descriptors[descriptor] = socket
        child.address_lists |= self.address_lists
        child.close_on_exec |= self.close_on_exec
        return child

    @property
    def privileged(self) -> bool:
        """Whether ports below 1024 may be bound."""
        return self.user == 0

    def lowest_free(self, at_least: int = FIRST_DESCRIPTOR) -> int:
        """The lowest descriptor not in use; raises EMFILE when there is none."""
        while self._full_below in self.descriptors:
            self._full_below += 1
        descriptor = max(at_least, self._full_below)
        while descriptor in self.descriptors:
            descriptor += 1
        if descriptor >= self.limit:
            raise CallError("EMFILE")
        return descriptor

    def install(
        self, socket: Socket, at_least: int = FIRST_DESCRIPTOR, *, cloexec: bool = False
    ) -> int:
        """Give the socket the lowest free descriptor."""
        descriptor = self.lowest_free(at_least)
        self.descriptors[descriptor] = socket
        if cloexec:
            self.close_on_exec.add(descriptor)
        socket.references += 1
        return descriptor

    def socket(self, descriptor: int) -> Socket:
        """What the descriptor refers to; raises EBADF, or ENOTSOCK for the standard three."""
        socket = self.descriptors.get(descriptor)
        if socket is None:
            raise CallError("ENOTSOCK" if 0 <= descriptor < FIRST_DESCRIPTOR else "EBADF")
        return socket

    def free_addresses(self, number: int) -> None:
        """Forget a result of getaddrinfo(); EINVAL for one that the process does not hold."""
        if number not in self.address_lists:
            raise CallError("EINVAL")
        self.address_lists.remove(number)

    def remove(self, descriptor: int) -> Socket:
        """Free the descriptor; the socket is closed by the caller when nobody holds it."""
        socket = self.socket(descriptor)
        del self.descriptors[descriptor]
        self.close_on_exec.discard(descriptor)
        self._full_below = min(self._full_below, descriptor)
        socket.references -= 1
        return socket
