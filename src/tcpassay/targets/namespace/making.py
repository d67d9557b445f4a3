"""Making one namespace with a TUN in it, addresses on it and its sysctls set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.targets.namespace import netns, rtnetlink, tun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcpassay.targets.contract import IpVersion


class Recipe(NamedTuple):
    """What a namespace is to be like. `sysctls` are names and values, all of them written."""

    ip: IpVersion
    hosts: tuple[str, ...]
    prefix: int
    sysctls: tuple[tuple[str, str], ...]


class Made(NamedTuple):
    """A namespace that is up, and the TUN's descriptor."""

    namespace: netns.NetworkNamespace
    tun: int

    def close(self) -> None:
        """Free both (0.1 ms)."""
        os.close(self.tun)
        self.namespace.close()


def make(recipe: Recipe, home: int) -> Made:
    """Make one in the calling thread, which takes the kernel about 1 ms.

    `home` is a descriptor of the namespace that the thread returns to. Raises
    TargetUnavailableError.
    """
    namespace = netns.make(home)
    device = -1
    try:
        for name, value in recipe.sysctls:
            write_sysctl(name, value)
        device = tun.open_tun()
        ends = [(host, recipe.prefix) for host in recipe.hosts]
        rtnetlink.send(rtnetlink.bring_up(ends, recipe.ip), "the addresses of the manifest")
        if recipe.ip == 6:
            rtnetlink.await_ipv6(recipe.hosts)
    except BaseException:
        namespace.leave()
        namespace.close()
        if device >= 0:
            os.close(device)
        raise
    namespace.leave()
    return Made(namespace, device)


def differing(sysctls: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Those that the calling thread's namespace does not have at these values already.

    A name that this kernel does not know is passed over: what it would turn off is not there.
    """
    return tuple((name, value) for name, value in sysctls.items() if _differs(name, value))


def write_sysctl(name: str, value: str) -> None:
    """Set a sysctl of the calling thread's namespace (8 us). Raises TargetUnavailableError."""
    try:
        fd = os.open(_path(name), os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, value.encode())
        finally:
            os.close(fd)
    except FileNotFoundError:
        msg = f"linux: this kernel has no sysctl {name}; a newer one is needed for this setting"
        raise TargetUnavailableError(msg) from None
    except OSError as error:
        msg = f"linux: sysctl {name} = {value!r} was refused: {error.strerror}"
        raise TargetUnavailableError(msg) from None


def _differs(name: str, value: str) -> bool:
    try:
        return Path(_path(name)).read_text(encoding="utf-8").split() != value.split()
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _path(name: str) -> str:
    """Where a sysctl lies; the calling thread's namespace decides whose it is."""
    return "/proc/sys/" + name.replace(".", "/")
