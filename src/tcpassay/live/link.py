"""A TUN device in a network namespace that somebody has made and named (ip-netns(8))."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tcpassay.core.errors import ConfigurationError, TargetUnavailableError
from tcpassay.targets.namespace import rtnetlink, tun
from tcpassay.targets.namespace.netns import NetworkNamespace, open_current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.targets.contract import IpVersion
    from tcpassay.targets.manifest import Addresses

#: Where `ip netns add` puts namespaces.
NAMED = Path("/run/netns")
_HOST = Path("/proc/1/ns/net")
_OWN = Path("/proc/thread-self/ns/net")


@contextmanager
def open_link(netns: str, device: str, addresses: Addresses, ip: IpVersion) -> Iterator[int]:
    """The non-blocking descriptor of the TUN `device`, which is up, in the namespace `netns`.

    The kernel's side has `addresses.peer`; datagrams for the rest of its network come out of the
    descriptor. The device is gone when the block is left, and nothing else has been changed.
    Raises ConfigurationError for a name that is wrong, that is not there or that means the
    host's own namespace; TargetUnavailableError for what is refused.
    """
    tun.check_name(device)
    inside, home = _open_namespace(netns), open_current()
    try:
        fd = _make(NetworkNamespace(inside, home), netns, device, addresses, ip)
    finally:
        os.close(inside)
        os.close(home)
    try:
        yield fd
    finally:
        os.close(fd)


def _open_namespace(netns: str) -> int:
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


def _make(
    space: NetworkNamespace, netns: str, device: str, addresses: Addresses, ip: IpVersion
) -> int:
    """The device, made from within the namespace."""
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
    try:
        fd = tun.open_named(device, netns)
        try:
            _bring_up(socket.if_nametoindex(device), addresses, ip)
        except BaseException:
            os.close(fd)
            raise
        return fd
    finally:
        space.leave()


def _bring_up(index: int, addresses: Addresses, ip: IpVersion) -> None:
    """Give the kernel's side its address."""
    messages = [
        rtnetlink.add_address(index, addresses.peer, addresses.prefix),
        rtnetlink.link_up(index),
    ]
    if ip == 6:
        messages.insert(0, rtnetlink.no_link_local_address(index))
    rtnetlink.send(b"".join(messages), f"the address {addresses.peer}/{addresses.prefix}")
    if ip == 6:
        rtnetlink.await_ipv6([addresses.peer])
