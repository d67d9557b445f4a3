"""Errors by class: how they are compared where a target has no errno names (capability `errno`).

A stack of its own making says that a connection was reset, not which of POSIX's names for it is
meant. The first five classes are a connection's fate; the others say why a call did not do it.
"""

from __future__ import annotations

from typing import Final

#: lwIP's err_t beside them: what an agent makes of it by nearest name.
_NAMES: Final = {
    "refused": ("ECONNREFUSED",),  # ERR_RST, while it is being opened
    "reset": ("ECONNRESET", "ECONNABORTED", "ENETRESET"),  # ERR_RST, ERR_ABRT
    "timed out": ("ETIMEDOUT",),  # ERR_ABRT or ERR_TIMEOUT, when the stack has given up
    "closed": ("EPIPE", "ENOTCONN", "ESHUTDOWN", "EBADF", "ENOTSOCK"),  # ERR_CLSD, ERR_CONN
    "unreachable": ("EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"),  # ERR_RTE, ERR_IF
    "not now": ("EAGAIN", "EWOULDBLOCK", "EINPROGRESS"),  # ERR_WOULDBLOCK, ERR_INPROGRESS
    "no room": ("ENOMEM", "ENOBUFS", "EMFILE", "ENFILE"),  # ERR_MEM, ERR_BUF
    "not allowed": (  # ERR_VAL, ERR_ARG, ERR_USE, ERR_ISCONN, ERR_ALREADY
        "EINVAL", "EIO", "EADDRINUSE", "EISCONN", "EALREADY", "EADDRNOTAVAIL", "EAFNOSUPPORT",
        "EOPNOTSUPP", "ENOPROTOOPT", "EPROTOTYPE", "EPROTONOSUPPORT", "EDESTADDRREQ", "EACCES",
        "EPERM", "EMSGSIZE", "EDOM", "EFAULT",
    ),
}  # fmt: skip
_CLASSES: Final = {name: kind for kind, names in _NAMES.items() for name in names}


def class_of(errno: str) -> str:
    """The class of a POSIX errno name; the name itself where it is in none."""
    return _CLASSES.get(errno, errno)
