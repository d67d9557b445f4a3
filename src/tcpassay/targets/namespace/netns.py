"""Network namespaces without a name: they live as long as somebody holds a descriptor of them."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Self

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.targets.namespace import libc, tun

if TYPE_CHECKING:
    from types import TracebackType

_unshare = libc.function("unshare")
_setns = libc.function("setns")


class NetworkNamespace:
    """A network namespace and the way back to the one that the tester lives in.

    `with namespace:` puts the calling thread inside; nothing else in the process moves
    (setns(2) is per thread). One entry costs about 3 us each way.
    """

    __slots__ = ("_home", "fd")

    def __init__(self, fd: int, home: int) -> None:
        self.fd = fd
        self._home = home

    def __enter__(self) -> Self:
        if _setns(self.fd, libc.CLONE_NEWNET):
            raise OSError(libc.errno_now(), "setns into the stack's network namespace")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Take the calling thread back to the tester's namespace."""
        if _setns(self._home, libc.CLONE_NEWNET):
            raise OSError(libc.errno_now(), "setns back into the tester's network namespace")

    def close(self) -> None:
        """Let the namespace go; the kernel frees it once its sockets are gone."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def open_current() -> int:
    """A descriptor of the calling thread's network namespace."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def make(home: int) -> NetworkNamespace:
    """A new, empty network namespace; the calling thread is *inside* it afterwards.

    `home` is a descriptor of the namespace to return to. Raises TargetUnavailableError.
    """
    if _unshare(libc.CLONE_NEWNET):
        raise TargetUnavailableError(_why_refused(libc.errno_now()))
    return NetworkNamespace(open_current(), home)


def _why_refused(number: int) -> str:
    refused = f"linux: unshare(CLONE_NEWNET) was refused with {libc.errno_name(number)}"
    if number in (errno.ENOSPC, errno.EUSERS):
        return (
            f"{refused}: there may be no more network namespaces; raise the limit "
            "(sysctl user.max_net_namespaces)"
        )
    if not os.access(tun.DEVICE, os.R_OK | os.W_OK):
        return (
            f"{refused} and user {os.getuid()} may not open {tun.DEVICE}, so a user namespace is "
            f"of no use; run as root, or let users open it (chmod 666 {tun.DEVICE})"
        )
    return (
        f"{refused}: a network namespace needs CAP_SYS_ADMIN; run as root, or permit unprivileged "
        "user namespaces (sysctl user.max_user_namespaces > 0 and, where there is one, "
        "kernel.unprivileged_userns_clone = 1)"
    )
