"""Network namespaces that somebody has made and named (ip-netns(8)); never the host's own."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tcpassay.core.errors import ConfigurationError, TargetUnavailableError
from tcpassay.targets.namespace.netns import NetworkNamespace, open_current

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where `ip netns add` puts namespaces.
NAMED = Path("/run/netns")
_HOST = Path("/proc/1/ns/net")
_OWN = Path("/proc/thread-self/ns/net")


@contextmanager
def inside(netns: str) -> Iterator[None]:
    """The calling thread is in the namespace `netns` while the block runs.

    Raises ConfigurationError for a name that is wrong, that is not there or that means the
    host's own namespace; TargetUnavailableError for what is refused.
    """
    fd, home = _open(netns), open_current()
    try:
        space = NetworkNamespace(fd, home)
        _enter(space, netns)
        try:
            yield
        finally:
            space.leave()
    finally:
        os.close(fd)
        os.close(home)


def _open(netns: str) -> int:
    """A descriptor of the namespace of this name, which is not the one that we live in."""
    if not netns or "/" in netns or netns in {".", ".."}:
        raise ConfigurationError(
            f"--netns {netns!r}: wanted the name of a network namespace, as in ip netns add NAME"
        )
    path = NAMED / netns
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ConfigurationError(
            f"--netns {netns!r}: there is no such network namespace; "
            f"make it with: ip netns add {netns}"
        ) from None
    except OSError as error:
        raise TargetUnavailableError(
            f"--netns {netns!r}: {path} cannot be opened ({error.strerror}): run as root"
        ) from None
    for own, whose in ((_HOST, "the host's own"), (_OWN, "the one this program runs in")):
        if _same(fd, own):
            os.close(fd)
            raise ConfigurationError(
                f"--netns {netns!r} is {whose}: nothing is changed there; "
                "make another with: ip netns add NAME"
            )
    return fd


def _same(fd: int, path: Path) -> bool:
    """Whether both are one namespace; not where that one may not be looked at."""
    try:
        other = path.stat()
    except OSError:
        return False
    return os.path.samestat(os.fstat(fd), other)


def _enter(space: NetworkNamespace, netns: str) -> None:
    try:
        space.__enter__()
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise ConfigurationError(
                f"--netns {netns!r}: {NAMED / netns} is no network namespace any more; "
                f"remove it with: ip netns delete {netns}"
            ) from None
        raise TargetUnavailableError(
            f"--netns {netns!r}: entering it was refused ({error.strerror}): run as root"
        ) from None
