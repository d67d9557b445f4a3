"""Socket options and readiness: setsockopt, getsockopt, poll, select."""

from __future__ import annotations

import ctypes
import struct
from functools import partial
from typing import TYPE_CHECKING

from tcpassay.targets.namespace import constants, libc, tcpinfo
from tcpassay.targets.namespace.descriptors import NOBODY
from tcpassay.targets.namespace.prepared import Prepared, Raw, raw, sleeps_in
from tcpassay.targets.namespace.syscalls import simple

if TYPE_CHECKING:
    from tcpassay.core.events import Tagged
    from tcpassay.targets.namespace.arguments import Arguments
    from tcpassay.targets.namespace.syscalls import App

_setsockopt, _getsockopt = libc.function("setsockopt"), libc.function("getsockopt")
_poll, _select = libc.function("poll"), libc.function("select")
_TIMEVAL = struct.Struct("ll")
_POLLFD = struct.Struct("ihh")
_TEXT_OPTIONS = frozenset({"TCP_CONGESTION", "TCP_ULP", "SO_BINDTODEVICE"})
_OCTETS_OPTIONS = frozenset(
    {"IP_OPTIONS", "IP_PKTOPTIONS", "TCP_SAVED_SYN", "TCP_FASTOPEN_KEY", "SO_MEMINFO"}
)
_TIMES = frozenset({"SO_RCVTIMEO", "SO_SNDTIMEO"})


def setsockopt(app: App, args: Arguments) -> Prepared:
    """setsockopt(fd, name level, name option, value | linger | timeout | octets).

    A time-out is in milliseconds; a negative one is the option's "for ever", 0.
    """
    fd, level = app.descriptors.real(args.integer("fd")), args.constant()
    option = args.constant()
    value = _option_value(args)
    return simple(_setsockopt, fd, level, option, value, len(value))


def _option_value(args: Arguments) -> bytes:
    if args.has("linger"):
        return struct.pack("ii", *args.linger())
    if args.has("timeout"):
        milliseconds = max(args.integer("timeout"), 0)
        return _TIMEVAL.pack(milliseconds // 1000, milliseconds % 1000 * 1000)
    if args.has("octets"):
        return args.octets()
    return struct.pack("i", args.integer("value"))


def getsockopt(app: App, args: Arguments) -> Prepared:
    """getsockopt(fd, name level, name option) gives value, linger, timeout, octets or state.

    SO_ERROR gives its value and the error's name ("" for none) as well.
    """
    fd, level = app.descriptors.real(args.integer("fd")), args.constant()
    option = args.option()
    room = _room(option)
    buffer, size = ctypes.create_string_buffer(room), ctypes.c_uint(room)

    def finish(value: int) -> tuple[int, tuple[Tagged, ...]]:
        return value, _option_results(option, buffer.raw[: size.value]) if value >= 0 else ()

    number = int(option) if option.isdecimal() else constants.number(option)
    return Prepared(
        partial(raw, _getsockopt, fd, level, number, buffer, ctypes.byref(size)), finish
    )


def _room(option: str) -> int:
    if option == "TCP_INFO":
        return tcpinfo.SIZE
    if option in _TEXT_OPTIONS or option in _OCTETS_OPTIONS:
        return 512
    return {"SO_LINGER": 8}.get(option, _TIMEVAL.size if option in _TIMES else 4)


def _option_results(option: str, octets: bytes) -> tuple[Tagged, ...]:
    if option == "TCP_INFO":
        return (("state", tcpinfo.parse(octets)),)
    if option == "SO_LINGER":
        return (("linger", struct.unpack("ii", octets)),)
    if option in _TIMES:
        seconds, micro = _TIMEVAL.unpack(octets)
        return (("timeout", seconds * 1000 + micro // 1000 or -1),)
    if option in _TEXT_OPTIONS:
        return (("octets", octets.split(b"\0", 1)[0]),)
    if option in _OCTETS_OPTIONS:
        return (("octets", octets),)
    (number,) = struct.unpack("i", octets.ljust(4, b"\0")[:4])
    if option == "SO_ERROR":
        return (("value", number), ("name", libc.errno_name(number) if number else ""))
    return (("value", number),)


def poll(app: App, args: Arguments) -> Prepared:
    """poll(pollfds, timeout) gives pollfds with the events that came, by name."""
    wanted, timeout = args.poll_set(), args.integer("timeout")
    packed = b"".join(_POLLFD.pack(app.descriptors.real(fd), mask, 0) for fd, mask in wanted)
    buffer = ctypes.create_string_buffer(packed, max(len(packed), 1))

    def call(milliseconds: int) -> Raw:
        return raw(_poll, buffer, len(wanted), milliseconds)

    def finish(value: int) -> tuple[int, tuple[Tagged, ...]]:
        if value < 0:
            return value, ()
        came = [_POLLFD.unpack_from(buffer, i * _POLLFD.size)[2] for i in range(len(wanted))]
        return value, (
            (
                "pollfds",
                tuple(
                    (fd, constants.names(mask, constants.POLL_EVENTS))
                    for (fd, _), mask in zip(wanted, came, strict=True)
                ),
            ),
        )

    if timeout == 0:
        return Prepared(partial(call, 0), finish)

    def attempt() -> Raw | None:
        result = call(0)
        return result if result.value else None

    return Prepared(partial(call, timeout), finish, sleeps_in("poll"), None, attempt)


class _Sets:
    """The three sets of select(), as bits that can be set up anew for each try."""

    def __init__(self, app: App, wanted: list[tuple[int, ...]]) -> None:
        self.wanted = [[(fd, app.descriptors.real(fd)) for fd in each] for each in wanted]
        reals = [real for each in self.wanted for _, real in each]
        self.bad = any(real == NOBODY or real < 0 for real in reals)
        self.count = max((real + 1 for real in reals if real != NOBODY), default=0)
        self._size = (self.count + 63) // 64 * 8
        self._buffers = [ctypes.create_string_buffer(max(self._size, 8)) for _ in range(3)]

    def call(self, milliseconds: int) -> Raw:
        if self.bad:
            return Raw(-1, 9)
        for buffer, pairs in zip(self._buffers, self.wanted, strict=True):
            bits = sum({1 << real for _, real in pairs})
            buffer.raw = bits.to_bytes(len(buffer), "little")
        limit = None
        if milliseconds >= 0:
            time = _TIMEVAL.pack(milliseconds // 1000, milliseconds % 1000 * 1000)
            limit = ctypes.create_string_buffer(time, len(time))
        return raw(_select, self.count, *self._buffers, limit)

    def results(self, value: int) -> tuple[int, tuple[Tagged, ...]]:
        if value < 0:
            return value, ()
        found: list[Tagged] = []
        for buffer, pairs in zip(self._buffers, self.wanted, strict=True):
            bits = int.from_bytes(buffer.raw, "little")
            found.append(("fds", tuple(fd for fd, real in pairs if bits >> real & 1)))
        return value, tuple(found)


def select(app: App, args: Arguments) -> Prepared:
    """select(fds read, fds write, fds except, timeout) gives the three sets that are ready."""
    sets = _Sets(app, [args.descriptors() for _ in range(3)])
    timeout = args.integer("timeout")
    if timeout == 0 or sets.bad:
        return Prepared(partial(sets.call, 0), sets.results)

    def attempt() -> Raw | None:
        result = sets.call(0)
        return result if result.value else None

    return Prepared(partial(sets.call, timeout), sets.results, sleeps_in("select"), None, attempt)
