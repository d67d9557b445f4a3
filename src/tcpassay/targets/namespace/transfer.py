"""Socket calls that move data: send, recv, sendmsg, recvmsg."""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from functools import partial
from typing import TYPE_CHECKING

from tcpassay.core.errors import AgentFault
from tcpassay.targets.namespace import constants, libc, sockaddr
from tcpassay.targets.namespace.prepared import Prepared, Raw, raw, sleeps_in
from tcpassay.targets.namespace.syscalls import never_blocks

if TYPE_CHECKING:
    from tcpassay.core.events import Tagged
    from tcpassay.targets.namespace.arguments import Arguments
    from tcpassay.targets.namespace.syscalls import App

_send, _recv = libc.function("send"), libc.function("recv")
_sendmsg, _recvmsg = libc.function("sendmsg"), libc.function("recvmsg")
_getsockopt = libc.function("getsockopt")
_MEMINFO_SNDBUF, _MEMINFO_QUEUED = 3, 5
#: Memory of the kernel's that a small segment takes beyond its data, generously.
_OVERHEAD = 4096
#: The most octets that one receive may ask for.
_MOST = 1 << 26


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """struct msghdr of a 64-bit system with glibc or musl."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.POINTER(_Vector)),
        ("count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


def _sent(value: int) -> tuple[int, tuple[Tagged, ...]]:
    return value, ()


class _Send:
    """One send(): whole without blocking where there is surely room, else in the worker.

    What an attempt has sent already, `run` does not send again.
    """

    __slots__ = ("_address", "_data", "_done", "_fd", "_flags", "_message")

    def __init__(
        self, fd: int, data: bytes, flags: int, *, address: bytes | None, message: bool
    ) -> None:
        self._fd, self._data, self._flags = fd, data, flags
        self._address, self._message = address, message
        self._done = 0

    def run(self) -> Raw:
        result = self._call(self._flags)
        if self._done and result.value >= 0:
            return Raw(result.value + self._done, 0)
        return Raw(self._done, 0) if self._done else result

    def attempt(self) -> Raw | None:
        if self._flags & constants.number("MSG_FASTOPEN") or not self._has_room():
            return None
        result = self._call(self._flags | socket.MSG_DONTWAIT)
        if result.errno == errno.EAGAIN:
            return None
        if 0 <= result.value < len(self._data):
            self._done = result.value
            return None
        return result

    def _call(self, flags: int) -> Raw:
        data = self._data[self._done :]
        if not self._message:
            return raw(_send, self._fd, data, len(data), flags)
        vector = _Vector(ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p), len(data))
        message = _Message(vectors=ctypes.pointer(vector), count=1)
        if self._address is not None:
            name = ctypes.create_string_buffer(self._address, len(self._address))
            message.name = ctypes.addressof(name)
            message.name_length = len(self._address)
        return raw(_sendmsg, self._fd, ctypes.byref(message), flags)

    def _has_room(self) -> bool:
        info, size = ctypes.create_string_buffer(36), ctypes.c_uint(36)
        option = constants.number("SO_MEMINFO")
        if _getsockopt(self._fd, socket.SOL_SOCKET, option, info, ctypes.byref(size)):
            return True
        numbers: tuple[int, ...] = struct.unpack("9I", info.raw)
        free = numbers[_MEMINFO_SNDBUF] - numbers[_MEMINFO_QUEUED]
        return free > 2 * len(self._data) + _OVERHEAD


def send(app: App, args: Arguments) -> Prepared:
    """send(fd, octets, flags)."""
    return _prepare_send(app, args, "send")


def sendmsg(app: App, args: Arguments) -> Prepared:
    """sendmsg(fd, octets, flags[, address])."""
    return _prepare_send(app, args, "sendmsg")


def _prepare_send(app: App, args: Arguments, name: str) -> Prepared:
    fd, data, flags = app.descriptors.real(args.integer("fd")), args.octets(), args.flags()
    address = sockaddr.pack(args.address()) if args.has("address") else None
    sender = _Send(fd, data, flags, address=address, message=name == "sendmsg")
    if flags & socket.MSG_DONTWAIT or never_blocks(fd):
        return Prepared(sender.run, _sent)
    return Prepared(sender.run, _sent, sleeps_in(name), fd, sender.attempt)


def recv(app: App, args: Arguments) -> Prepared:
    """recv(fd, length, flags) gives octets."""
    fd, length, flags = _receive_arguments(app, args)
    buffer = ctypes.create_string_buffer(max(length, 1))

    def call(flags: int) -> Raw:
        return raw(_recv, fd, buffer, length, flags)

    def finish(value: int) -> tuple[int, tuple[Tagged, ...]]:
        return value, (("octets", ctypes.string_at(buffer, value)),) if value >= 0 else ()

    return _prepare_receive(fd, flags, "recv", call, finish)


def recvmsg(app: App, args: Arguments) -> Prepared:
    """recvmsg(fd, length, flags) gives octets and flags."""
    fd, length, flags = _receive_arguments(app, args)
    buffer = ctypes.create_string_buffer(max(length, 1))
    vector = _Vector(ctypes.addressof(buffer), length)
    message = _Message(vectors=ctypes.pointer(vector), count=1)

    def call(flags: int) -> Raw:
        return raw(_recvmsg, fd, ctypes.byref(message), flags)

    def finish(value: int) -> tuple[int, tuple[Tagged, ...]]:
        if value < 0:
            return value, ()
        seen = constants.names(message.flags, constants.MESSAGE_FLAGS)
        return value, (("octets", ctypes.string_at(buffer, value)), ("flags", seen))

    return _prepare_receive(fd, flags, "recvmsg", call, finish)


def _receive_arguments(app: App, args: Arguments) -> tuple[int, int, int]:
    fd, length = app.descriptors.real(args.integer("fd")), args.integer("length")
    if not 0 <= length <= _MOST:
        raise AgentFault(f"a receive of {length} octets: wanted 0 to {_MOST}")
    return fd, length, args.flags()


def _prepare_receive(fd: int, flags: int, name: str, call: Receive, finish: Finish) -> Prepared:
    run = partial(call, flags)
    if flags & socket.MSG_DONTWAIT or never_blocks(fd):
        return Prepared(run, finish)

    def attempt() -> Raw | None:
        if flags & socket.MSG_WAITALL:
            return None
        result = call(flags | socket.MSG_DONTWAIT)
        return None if result.errno == errno.EAGAIN else result

    return Prepared(run, finish, sleeps_in(name), fd, attempt)


if TYPE_CHECKING:
    from collections.abc import Callable

    Receive = Callable[[int], Raw]
    Finish = Callable[[int], tuple[int, tuple[Tagged, ...]]]
