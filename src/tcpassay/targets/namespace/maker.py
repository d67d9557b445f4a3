"""Making namespaces with a TUN in them, one ahead of the demand."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import ConfigurationError, TargetUnavailableError
from tcpassay.targets.namespace import netns, rtnetlink, tun

if TYPE_CHECKING:
    from tcpassay.targets.contract import IpVersion
    from tcpassay.targets.manifest import Addresses, Manifest

_UNDERWAY_S = 0.02
_NO_IPV6 = "net.ipv6.conf.all.disable_ipv6"


class Made(NamedTuple):
    """A namespace that is up, and the TUN's descriptor."""

    namespace: netns.NetworkNamespace
    tun: int

    def close(self) -> None:
        """Free both."""
        os.close(self.tun)
        self.namespace.close()


class Maker:
    """Makes namespaces as a manifest says. A thread makes a spare when told to.

    Making one takes the kernel about 1 ms; taking the spare 20 us. The same thread closes those
    that are given back, because closing waits for the lock that making holds. Several threads
    may ask at once.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._home = netns.open_current()
        self._sysctls: dict[IpVersion, dict[str, str]] = {}
        self._spares: dict[IpVersion, SimpleQueue[Made]] = {4: SimpleQueue(), 6: SimpleQueue()}
        self._orders: SimpleQueue[IpVersion | Made | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._pending: set[IpVersion] = set()
        self._lock = threading.Lock()
        self._waiter = threading.Lock()
        self._closed = False

    def take(self, ip: IpVersion) -> Made:
        """A fresh namespace for this IP version. Raises TargetUnavailableError."""
        try:
            return self._spares[ip].get_nowait()
        except Empty:
            return self._underway(ip) or self.make(ip)

    def provide(self, ip: IpVersion) -> None:
        """Have a spare made if there is none; best asked for while a case waits or has ended.

        Making one keeps a processor inside the kernel for up to 1 ms, during which a woken thread
        may have to wait for it.
        """
        self._order(ip)

    def give_back(self, made: Made, ip: IpVersion) -> None:
        """Have a namespace closed that nobody uses any more, then a spare made."""
        self._order(made)
        self._order(ip)

    def make(self, ip: IpVersion) -> Made:
        """Make one now, in the calling thread. Raises TargetUnavailableError."""
        addresses = self.addresses(ip)
        namespace = netns.make(self._home)
        device = -1
        try:
            self._configure(ip)
            device = tun.open_tun()
            ends = [(host, addresses.prefix) for host in addresses.stack]
            rtnetlink.send(rtnetlink.bring_up(ends, ip), "the addresses of the manifest")
            if ip == 6:
                rtnetlink.await_ipv6(addresses.stack)
        except BaseException:
            namespace.leave()
            namespace.close()
            if device >= 0:
                os.close(device)
            raise
        namespace.leave()
        return Made(namespace, device)

    def addresses(self, ip: IpVersion) -> Addresses:
        """The manifest's addresses of one version. Raises ConfigurationError."""
        found = self._manifest.ipv4 if ip == 4 else self._manifest.ipv6
        if found is None:
            raise ConfigurationError(
                f"{self._manifest.path}: target {self._manifest.name!r} has no "
                f"[addresses.ipv{ip}]; add the table or run with the other --ip"
            )
        return found

    def close(self) -> None:
        """Free the spares and end the thread."""
        self._closed = True
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join()
            self._thread = None
        while not self._orders.empty():
            order = self._orders.get_nowait()
            if isinstance(order, Made):
                order.close()
        for spares in self._spares.values():
            while not spares.empty():
                spares.get_nowait().close()
        if self._home >= 0:
            os.close(self._home)
            self._home = -1

    def _underway(self, ip: IpVersion) -> Made | None:
        """The spare that the thread is making right now: two at once hinder each other."""
        if ip not in self._pending or not self._waiter.acquire(blocking=False):
            return None
        try:
            return self._spares[ip].get(timeout=_UNDERWAY_S)
        except Empty:
            return None
        finally:
            self._waiter.release()

    def _order(self, order: IpVersion | Made) -> None:
        if not isinstance(order, Made):
            self._pending.add(order)
        self._orders.put(order)
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(
                    target=self._serve, name="tcpassay-maker", daemon=True
                )
                self._thread.start()

    def _serve(self) -> None:
        while (order := self._orders.get()) is not None:
            if isinstance(order, Made):
                order.close()
                continue
            if not self._closed and self._spares[order].empty():
                # Whoever asks next makes one himself if this fails, and is told why.
                with suppress(TargetUnavailableError):
                    self._spares[order].put(self.make(order))
            self._pending.discard(order)

    def _configure(self, ip: IpVersion) -> None:
        """Write those of the manifest's sysctls that a fresh namespace does not have already.

        A name that this kernel does not know is passed over: what it would turn off is not there.
        """
        if ip not in self._sysctls:
            self._sysctls[ip] = dict(_differing(self._base(ip)))
        for name, value in self._sysctls[ip].items():
            write_sysctl(name, value)

    def _base(self, ip: IpVersion) -> dict[str, str]:
        table = self._manifest.start.get("sysctl")
        pairs = table.items() if isinstance(table, Mapping) else ()
        base = {name: str(value) for name, value in pairs}
        if ip == 4:
            base[_NO_IPV6] = "1"
        return base


def sysctl_path(name: str) -> Path:
    """Where a sysctl lies; the calling thread's namespace decides whose it is."""
    return Path("/proc/sys", *name.split("."))


def _differing(sysctls: Mapping[str, str]) -> list[tuple[str, str]]:
    differing = []
    for name, value in sysctls.items():
        try:
            now = sysctl_path(name).read_text()
        except FileNotFoundError:
            continue
        except OSError:
            now = ""
        if now.split() != value.split():
            differing.append((name, value))
    return differing


def write_sysctl(name: str, value: str) -> None:
    """Set a sysctl of the calling thread's namespace (8 us). Raises TargetUnavailableError."""
    try:
        fd = os.open(sysctl_path(name), os.O_WRONLY | os.O_CLOEXEC)
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
