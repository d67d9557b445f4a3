"""Socket calls by their POSIX names: those that make, name and close descriptors."""

from __future__ import annotations

import ctypes
import fcntl as pyfcntl
import os
import select
import socket
import struct
from functools import partial
from typing import TYPE_CHECKING, Protocol

from tcpassay.targets.forking import DESCRIPTOR_TABLE
from tcpassay.targets.namespace import constants, libc, sockaddr
from tcpassay.targets.namespace.prepared import Prepared, Raw, nothing, raw, sleeps_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Tagged
    from tcpassay.targets.namespace.arguments import Arguments
    from tcpassay.targets.namespace.descriptors import Descriptors


class App(Protocol):
    """What a call needs to know of the process that makes it."""

    descriptors: Descriptors

    def make_socket(self, family: int, kind: int, protocol: int) -> Raw:
        """socket(2) on the target's side."""
        ...

    def alone(self, real: int) -> bool:
        """Whether no other call and no other process can take what poll() saw."""
        ...

    def before_close(self, real: int) -> None:
        """A descriptor is about to be closed."""
        ...

    def descriptors_shared(self) -> None:
        """Two descriptors now name one file."""
        ...


_c = {
    name: libc.function(name)
    for name in (
        "bind", "listen", "accept", "accept4", "connect", "shutdown", "close", "dup", "fcntl",
        "ioctl", "getsockname", "getpeername", "getsockopt",
    )
}  # fmt: skip
_READABLE = select.POLLIN | select.POLLERR | select.POLLHUP


def never_blocks(fd: int) -> bool:
    """Whether the file is non-blocking; a descriptor that is not open cannot block either."""
    try:
        return bool(pyfcntl.fcntl(fd, pyfcntl.F_GETFL) & os.O_NONBLOCK)
    except (OSError, OverflowError, ValueError):
        return True


def ready(fd: int, events: int) -> bool:
    """Whether poll() finds one of the events at once."""
    poller = select.poll()
    poller.register(fd, events)
    return bool(poller.poll(0))


def simple(function: Callable[..., int], *arguments: object) -> Prepared:
    """A call that cannot block and only returns a value."""
    return Prepared(partial(raw, function, *arguments), nothing)


def socket_(app: App, args: Arguments) -> Prepared:
    """socket(name family, flags type, value protocol)."""
    family, kind, protocol = args.constant(), args.flags(), args.integer("value", 0)
    return Prepared(partial(app.make_socket, family, kind, protocol), partial(_new, app))


def _new(app: App, value: int) -> tuple[int, tuple[Tagged, ...]]:
    return (app.descriptors.add(value) if value >= 0 else value), ()


def bind(app: App, args: Arguments) -> Prepared:
    """bind(fd, address)."""
    packed = sockaddr.pack(args.address())
    return simple(_c["bind"], app.descriptors.real(args.integer("fd")), packed, len(packed))


def listen(app: App, args: Arguments) -> Prepared:
    """listen(fd, length backlog); a negative backlog reaches the kernel."""
    return simple(_c["listen"], app.descriptors.real(args.integer("fd")), args.integer("length"))


def accept(app: App, args: Arguments) -> Prepared:
    """accept(fd[, length]) gives a descriptor and the peer's address."""
    return _accept(app, args, "accept", ())


def accept4(app: App, args: Arguments) -> Prepared:
    """accept4(fd, flags[, length])."""
    return _accept(app, args, "accept4", (args.flags(),))


def _accept(app: App, args: Arguments, name: str, flags: tuple[int, ...]) -> Prepared:
    fd = app.descriptors.real(args.integer("fd"))
    asked = args.integer("length", -1)
    room = sockaddr.Room(sockaddr.ROOM if asked < 0 else asked)
    pointers = (None, None) if asked == 0 else room.arguments()

    def finish(value: int) -> tuple[int, tuple[Tagged, ...]]:
        if value < 0:
            return value, ()
        whole = (("address", room.address()), ("length", room.length.value))
        told = 1 if asked < 0 else 2
        first = 2 if asked == 0 else 1 if 0 <= asked < room.length.value else 0
        return app.descriptors.add(value), whole[first:told]

    run = partial(raw, _c[name], fd, *pointers, *flags)
    if never_blocks(fd):
        return Prepared(run, finish)

    def attempt() -> Raw | None:
        return run() if app.alone(fd) and ready(fd, _READABLE) else None

    return Prepared(run, finish, sleeps_in(name), fd, attempt)


def connect(app: App, args: Arguments) -> Prepared:
    """connect(fd, address)."""
    fd, packed = app.descriptors.real(args.integer("fd")), sockaddr.pack(args.address())
    run = partial(raw, _c["connect"], fd, packed, len(packed))
    if never_blocks(fd):
        return Prepared(run, nothing)
    return Prepared(run, nothing, sleeps_in("connect"), fd)


def shutdown(app: App, args: Arguments) -> Prepared:
    """shutdown(fd, name how)."""
    return simple(_c["shutdown"], app.descriptors.real(args.integer("fd")), args.constant())


def close(app: App, args: Arguments) -> Prepared:
    """close(fd); it blocks only where SO_LINGER has a time."""
    fd = args.integer("fd")
    real = app.descriptors.real(fd)
    app.before_close(real)
    lingers = _lingers(real)
    app.descriptors.drop(fd)
    if not lingers:
        return Prepared(partial(_close, real), nothing)
    return Prepared(partial(_close_lingering, real), nothing, sleeps_in("close"), real)


def _close(real: int) -> Raw:
    with DESCRIPTOR_TABLE:
        return raw(_c["close"], real)


def _close_lingering(real: int) -> Raw:
    """Wait for a program that is being started, as a copy of the descriptor would end the wait.

    The lock is not kept: close() takes the number out of the table first, and lingers then.
    """
    with DESCRIPTOR_TABLE:
        pass
    return raw(_c["close"], real)


def _lingers(fd: int) -> bool:
    linger, size = ctypes.create_string_buffer(8), ctypes.c_uint(8)
    if _c["getsockopt"](fd, socket.SOL_SOCKET, socket.SO_LINGER, linger, ctypes.byref(size)):
        return False
    on, seconds = struct.unpack("ii", linger.raw)
    return bool(on and seconds)


def dup(app: App, args: Arguments) -> Prepared:
    """dup(fd)."""
    app.descriptors_shared()
    run = partial(raw, _c["dup"], app.descriptors.real(args.integer("fd")))
    return Prepared(run, partial(_new, app))


def fcntl(app: App, args: Arguments) -> Prepared:
    """fcntl(fd, name command[, flags | value]): F_GETFL and F_GETFD also give flags by name.

    F_SETOWN makes the caller the owner, whose number in the step contract is the value.
    """
    fd, command = app.descriptors.real(args.integer("fd")), args.name()
    argument = args.flags() if args.has("flags") else args.integer("value", 0)
    if command == "F_SETOWN":
        argument = os.getpid()
    run = partial(raw, _c["fcntl"], fd, constants.number(command), argument)
    if command.startswith("F_DUPFD"):
        app.descriptors_shared()
        return Prepared(run, lambda value: _duplicated(app, value, argument))
    if command == "F_GETFL":
        return Prepared(run, partial(_with_flags, constants.STATUS_FLAGS))
    if command == "F_GETFD":
        return Prepared(run, partial(_with_flags, ("FD_CLOEXEC",)))
    return Prepared(run, nothing)


def _duplicated(app: App, value: int, least: int) -> tuple[int, tuple[Tagged, ...]]:
    return (app.descriptors.add(value, least) if value >= 0 else value), ()


def _with_flags(candidates: tuple[str, ...], value: int) -> tuple[int, tuple[Tagged, ...]]:
    return value, (("flags", constants.names(value, candidates)),) if value >= 0 else ()


def ioctl(app: App, args: Arguments) -> Prepared:
    """ioctl(fd, name request[, value]) on an int: FIONREAD, FIONBIO, SIOCOUTQ, SIOCATMARK."""
    fd, request = app.descriptors.real(args.integer("fd")), args.constant()
    number = ctypes.c_int(args.integer("value", 0))
    run = partial(raw, _c["ioctl"], fd, request, ctypes.byref(number))
    return Prepared(run, lambda value: (value, (("value", number.value),) if value >= 0 else ()))


def getsockname(app: App, args: Arguments) -> Prepared:
    """getsockname(fd[, length])."""
    return _name(app, args, "getsockname")


def getpeername(app: App, args: Arguments) -> Prepared:
    """getpeername(fd[, length])."""
    return _name(app, args, "getpeername")


def _name(app: App, args: Arguments, which: str) -> Prepared:
    fd = app.descriptors.real(args.integer("fd"))
    asked = args.integer("length", sockaddr.ROOM)
    room = sockaddr.Room(asked)

    def finish(value: int) -> tuple[int, tuple[Tagged, ...]]:
        if value < 0:
            return value, ()
        if room.length.value > asked:
            return value, (("length", room.length.value),)
        return value, (("address", room.address()), ("length", room.length.value))

    return Prepared(partial(raw, _c[which], fd, *room.arguments()), finish)


def ends(fd: int, room: sockaddr.Room) -> tuple[tuple[str, int], tuple[str, int]] | None:
    """The two ends of a connected socket; None for any other descriptor."""
    remote = None if _getpeername(fd, *room.again()) else room.address()
    local = None if remote is None or _getsockname(fd, *room.again()) else room.address()
    return None if local is None or remote is None else (local, remote)


_getpeername, _getsockname = _c["getpeername"], _c["getsockname"]
