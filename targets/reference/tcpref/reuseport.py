"""SO_REUSEPORT: several listeners on one address, each client served by one of them (socket(7)).

`Stack.listeners` holds the first of them; all know each other by `mates`. A client's address and
port decide who serves it, so that what it sends again comes to the same one. Once a listener has
gone, clients that come then are dealt out among the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpref.listener import Listener
    from tcpref.stack import Stack
    from tcpref.tcb import Key


def join(stack: Stack, listener: Listener) -> None:
    """A listener starts, alone on its address or beside others."""
    first = stack.listeners.setdefault((listener.address, listener.port), listener)
    if first is not listener:
        mates = first.mates or [first]
        mates.append(listener)
        for mate in mates:
            mate.mates = mates


def leave(stack: Stack, listener: Listener) -> None:
    """A listener ends; the next takes its place."""
    place = (listener.address, listener.port)
    mates = listener.mates
    if not mates:
        stack.listeners.pop(place, None)
        return
    mates.remove(listener)
    stack.listeners[place] = mates[0]
    if len(mates) == 1:
        mates[0].mates = []


def choose(first: Listener, key: Key, secret: bytes) -> Listener:
    """Who serves a client: a hash of both ends, which nobody outside can steer."""
    local, local_port, remote, remote_port = key
    ports = local_port.to_bytes(2) + remote_port.to_bytes(2)
    return first.mates[crc32(local + remote + ports, crc32(secret)) % len(first.mates)]


def every(stack: Stack) -> Iterator[Listener]:
    """All listeners of a stack."""
    for first in stack.listeners.values():
        yield from first.mates or [first]
