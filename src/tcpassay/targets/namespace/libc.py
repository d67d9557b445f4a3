"""The C library by ctypes, for calls that Python's own wrappers leave out or soften.

Python retries calls on EINTR (PEP 475) and clamps a negative backlog; a tester must do neither.
"""

from __future__ import annotations

import ctypes
import errno
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CLONE_NEWUSER = 0x1000_0000
CLONE_NEWNET = 0x4000_0000
PR_SET_DUMPABLE = 4

#: Interrupts a blocked call so that it returns EINTR.
CANCEL_SIGNAL = signal.SIGRTMIN + 7

_SIGNATURES: dict[str, tuple[object, ...]] = {
    "unshare": (ctypes.c_int,),
    "setns": (ctypes.c_int, ctypes.c_int),
    "prctl": (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong),
    "socket": (ctypes.c_int, ctypes.c_int, ctypes.c_int),
    "bind": (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint),
    "listen": (ctypes.c_int, ctypes.c_int),
    "accept": (ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p),
    "accept4": (ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int),
    "connect": (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint),
    "shutdown": (ctypes.c_int, ctypes.c_int),
    "close": (ctypes.c_int,),
    "dup": (ctypes.c_int,),
    "fcntl": (ctypes.c_int, ctypes.c_int, ctypes.c_long),
    "ioctl": (ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p),
    "getsockname": (ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p),
    "getpeername": (ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p),
    "setsockopt": (ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint),
    "getsockopt": (ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p),
    "poll": (ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int),
    "select": (
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ),
}
_SIZED = {
    "send": (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int),
    "recv": (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int),
    "sendmsg": (ctypes.c_int, ctypes.c_void_p, ctypes.c_int),
    "recvmsg": (ctypes.c_int, ctypes.c_void_p, ctypes.c_int),
}

_LIBC = ctypes.CDLL(None, use_errno=True)


def function(name: str) -> Callable[..., int]:
    """The C function `name`; it releases the interpreter lock and leaves errno to `errno_now`."""
    found = getattr(_LIBC, name)
    if name in _SIZED:
        found.argtypes, found.restype = _SIZED[name], ctypes.c_ssize_t
    else:
        found.argtypes, found.restype = _SIGNATURES[name], ctypes.c_int
    return found  # type: ignore[no-any-return]


errno_now = ctypes.get_errno


def errno_name(number: int) -> str:
    """The POSIX name of an error number ("ECONNREFUSED"); "E<number>" for one without a name.

    Linux has one number for ENOTSUP and EOPNOTSUPP; the second is the one that sockets mean.
    """
    if number == errno.EOPNOTSUPP:
        return "EOPNOTSUPP"
    return errno.errorcode.get(number, f"E{number}")


def let_calls_be_cancelled() -> None:
    """Give CANCEL_SIGNAL a handler that does nothing and does not restart the call.

    Python installs handlers from the main thread only; the C library does it from any. The
    handler is `abs`, which takes an int and touches nothing.
    """
    install = _LIBC.signal
    install.argtypes, install.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
    install(CANCEL_SIGNAL, ctypes.cast(_LIBC.abs, ctypes.c_void_p))
    _LIBC.siginterrupt(CANCEL_SIGNAL, 1)
