"""The calls that come by the thousand, made at once where they cannot block.

Each is what `syscalls` and `transfer` make of the same call, at less than half their cost. Where
the arguments are of another shape than usual, or the call may block, there is no answer from here.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from typing import TYPE_CHECKING, Protocol

from tcpassay.targets.forking import DESCRIPTOR_TABLE
from tcpassay.targets.namespace import constants, libc, sockaddr
from tcpassay.targets.namespace.syscalls import never_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Tagged
    from tcpassay.targets.namespace.descriptors import Descriptors
    from tcpassay.targets.namespace.prepared import Raw

    Args = tuple[Tagged, ...]

#: Value, error number (0 on success), results.
Answer = tuple[int, int, tuple["Tagged", ...]]

_bind, _listen, _accept4 = map(libc.function, ("bind", "listen", "accept4"))
_send, _recv = libc.function("send"), libc.function("recv")
#: The longest receive that is made here.
LONGEST = 1 << 16
#: Flags of a receive that fills the room with as many octets as it returns.
_PLAIN = socket.MSG_PEEK | socket.MSG_DONTWAIT


class Scratch:
    """Room that the kernel fills in, for one thread at a time."""

    __slots__ = ("name", "octets")

    def __init__(self) -> None:
        self.name = sockaddr.Room()
        self.octets = ctypes.create_string_buffer(LONGEST)


class App(Protocol):
    """What a call needs to know of the process that makes it."""

    descriptors: Descriptors
    scratch: Scratch
    may_linger: bool

    def make_socket(self, family: int, kind: int, protocol: int) -> Raw:
        """socket(2) on the target's side."""
        ...

    def before_close(self, real: int) -> None:
        """A descriptor is about to be closed."""
        ...


def _answer(value: int) -> Answer:
    return (value, 0, ()) if value >= 0 else (value, libc.errno_now(), ())


def socket_(app: App, args: Args) -> Answer | None:
    """socket(name family, flags type, value protocol)."""
    match args:
        case (("name", str(family)), ("flags", tuple(names)), ("value", int(protocol))):
            kind = constants.numbers(names)
            value, number = app.make_socket(constants.number(family), kind, protocol)
            return (app.descriptors.add(value) if value >= 0 else value), number, ()
    return None


def bind(app: App, args: Args) -> Answer | None:
    """bind(fd, address)."""
    match args:
        case (("fd", int(fd)), ("address", (str(host), int(port)))):
            packed = sockaddr.pack((host, port))
            return _answer(_bind(app.descriptors.real(fd), packed, len(packed)))
    return None


def listen(app: App, args: Args) -> Answer | None:
    """listen(fd, length backlog)."""
    match args:
        case (("fd", int(fd)), ("length", int(backlog))):
            return _answer(_listen(app.descriptors.real(fd), backlog))
    return None


def accept4(app: App, args: Args) -> Answer | None:
    """accept4(fd, flags) of a listener that does not block."""
    match args:
        case (("fd", int(fd)), ("flags", tuple(names))):
            real = app.descriptors.real(fd)
            if not never_blocks(real):
                return None
            room = app.scratch.name
            value = _accept4(real, *room.again(), constants.numbers(names))
            if value < 0:
                return value, libc.errno_now(), ()
            return app.descriptors.add(value), 0, (("address", room.address()),)
    return None


def close(app: App, args: Args) -> Answer | None:
    """close(fd) where nobody has asked for a close that lingers."""
    match args:
        case (("fd", int(fd)),) if not app.may_linger:
            real = app.descriptors.real(fd)
            app.before_close(real)
            app.descriptors.drop(fd)
            try:
                with DESCRIPTOR_TABLE:
                    os.close(real)
            except OSError as error:
                return -1, error.errno or errno.EBADF, ()
            return 0, 0, ()
    return None


def send(app: App, args: Args) -> Answer | None:
    """send(fd, octets, flags) of a socket that does not block."""
    match args:
        case (("fd", int(fd)), ("octets", bytes(data)), ("flags", tuple(names))):
            real = app.descriptors.real(fd)
            if never_blocks(real):
                return _answer(_send(real, data, len(data), constants.numbers(names)))
    return None


def recv(app: App, args: Args) -> Answer | None:
    """recv(fd, length, flags) of a socket that does not block gives octets."""
    match args:
        case (("fd", int(fd)), ("length", int(length)), ("flags", tuple(names))):
            real, flags = app.descriptors.real(fd), constants.numbers(names)
            if not 0 <= length <= LONGEST or flags & ~_PLAIN or not never_blocks(real):
                return None
            octets = app.scratch.octets
            value = _recv(real, octets, length, flags)
            if value < 0:
                return value, libc.errno_now(), ()
            return value, 0, (("octets", ctypes.string_at(octets, value)),)
    return None


CALLS: dict[str, Callable[[App, Args], Answer | None]] = {
    "socket": socket_,
    "bind": bind,
    "listen": listen,
    "accept4": accept4,
    "close": close,
    "send": send,
    "recv": recv,
}
