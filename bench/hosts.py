"""Two hosts of the reference stack on one link, in one process and in virtual time.

The link keeps the order and loses nothing. Every datagram is handed over as octets, so each side
builds, parses and verifies what it would on a real link.
"""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, cast

from tcpref.assay import Assay, open_stack

if TYPE_CHECKING:
    from collections.abc import Callable

    Tagged = tuple[str, object]

ADDRESSES = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}
FAMILIES = {4: "AF_INET", 6: "AF_INET6"}
SERVER, CLIENT = 0, 1
PORT = 7777


class Returned(NamedTuple):
    """What a call returned."""

    value: int
    errno: str | None
    out: tuple[Tagged, ...]

    @property
    def octets(self) -> bytes:
        """What recv() gave."""
        return cast("bytes", self.out[0][1])


class Hosts:
    """A server and a client. `damage`, where given, changes datagrams on their way."""

    def __init__(
        self, *, ip: int = 4, damage: Callable[[bytes], bytes] | None = None, **settings: object
    ) -> None:
        self.now = 0
        self.datagrams = 0
        self.address = ADDRESSES[ip][SERVER]
        self.stacks: list[Assay] = [
            open_stack({"seed": side, "addresses": [address], "settings": settings})
            for side, address in enumerate(ADDRESSES[ip])
        ]
        self._stream = ("name", FAMILIES[ip]), ("flags", ("SOCK_STREAM",)), ("value", 0)
        self._damage = damage
        self._link: deque[tuple[int, bytes]] = deque()
        self._ids = count(1)
        self._returned: dict[int, Returned] = {}

    # Calls.
    def begin(self, side: int, name: str, *args: Tagged) -> int:
        """Start a call; its number."""
        number = next(self._ids)
        self.stacks[side].call(number, 0, name, args, self.now)
        self._collect(side)
        return number

    @property
    def any_returned(self) -> bool:
        """Whether a call has returned that nobody has asked after."""
        return bool(self._returned)

    def returned(self, number: int) -> Returned | None:
        """What the call has returned, once; None while it is blocked.

        Raises RuntimeError for a call that failed.
        """
        returned = self._returned.pop(number, None)
        if returned is not None and returned.errno is not None:
            raise RuntimeError(f"call {number} failed with {returned.errno}")
        return returned

    def call(self, side: int, name: str, *args: Tagged) -> Returned:
        """Make a call and let datagrams travel until it returns."""
        number = self.begin(side, name, *args)
        while (returned := self.returned(number)) is None:
            if not self.deliver() and not self.wait():
                raise RuntimeError(f"{name}() on side {side} never returns")
        return returned

    def listen(self, backlog: int = 128) -> int:
        """A listener on the server; its descriptor."""
        fd = self.call(SERVER, "socket", *self._stream).value
        self.call(SERVER, "bind", ("fd", fd), ("address", (self.address, PORT)))
        self.call(SERVER, "listen", ("fd", fd), ("length", backlog))
        return fd

    def connect(self, listener: int) -> tuple[int, int]:
        """A connection: its descriptor on the server and on the client."""
        client = self.call(CLIENT, "socket", *self._stream).value
        self.call(CLIENT, "connect", ("fd", client), ("address", (self.address, PORT)))
        return self.call(SERVER, "accept", ("fd", listener)).value, client

    # Time and the link.
    def deliver(self) -> bool:
        """Let one datagram arrive; False when none is on the way."""
        if not self._link:
            return False
        side, octets = self._link.popleft()
        self.datagrams += 1
        if self._damage is not None:
            octets = self._damage(octets)
        self.stacks[side].on_datagram(octets, self.now)
        self._collect(side)
        return True

    def due(self) -> list[int]:
        """When something will happen of itself, in ns: the timers that run."""
        timeouts = [stack.next_timeout() for stack in self.stacks]
        return [at for at in timeouts if at is not None]

    def wait(self) -> bool:
        """Let time pass until something is due; False when nothing is."""
        times = self.due()
        if not times:
            return False
        self.now = max(self.now, min(times))
        for side, stack in enumerate(self.stacks):
            stack.on_timer(self.now)
            self._collect(side)
        return True

    def finish(self) -> None:
        """Let everything happen that still will."""
        while self.deliver() or self.wait():
            pass

    def _collect(self, side: int) -> None:
        for event in self.stacks[side].take_output():
            match event:
                case ("datagram", bytes(octets)):
                    self._link.append((1 - side, octets))
                case ("return", int(call), _, int(value), (str() | None) as errno, tuple(out)):
                    self._returned[call] = Returned(value, errno, out)
