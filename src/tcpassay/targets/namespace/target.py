"""The running kernel as a target."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.targets.namespace import tun
from tcpassay.targets.namespace.maker import Maker
from tcpassay.targets.namespace.making import write_sysctl
from tcpassay.targets.namespace.reader import Reader
from tcpassay.targets.namespace.rtnetlink import add_addresses, route_with_quick_ack, send
from tcpassay.targets.namespace.stack import NamespaceStack
from tcpassay.targets.namespace.stamps import keep_stamping
from tcpassay.targets.namespace.worker import WorkerPool
from tcpassay.targets.settings import merged

if TYPE_CHECKING:
    from socket import socket

    from tcpassay.core.clock import RealClock
    from tcpassay.targets.contract import IpVersion, StackOptions
    from tcpassay.targets.manifest import Manifest
    from tcpassay.targets.namespace.apps import Apps
    from tcpassay.targets.namespace.making import Made

#: Not a sysctl but an attribute of the route to the peer, given among them.
QUICK_ACK = "route.quickack"
_WANTED_DESCRIPTORS = 65536


class NamespaceTarget:
    """Starts stacks of the running kernel; honours `tcpassay.targets.contract.Target`.

    The stacks share worker threads, one reader and one spare namespace, all made when first
    needed and freed by `close`. Nothing is set outside the namespaces that it makes, but the
    process's own soft limit of descriptors, which is raised to the hard one.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._lock = threading.Lock()
        self._maker: Maker | None = None
        self._reader: Reader | None = None
        self._pool: WorkerPool | None = None
        self._stamping: socket | None = None
        self._spares: dict[IpVersion, list[Made]] = {4: [], 6: []}

    @property
    def manifest(self) -> Manifest:
        """What the target was made from."""
        return self._manifest

    def version(self) -> str:
        """The kernel's name and release, or what the manifest's version command prints."""
        command = self._manifest.version_command
        if not command:
            system = os.uname()
            return f"{system.sysname} {system.release}"
        try:
            done = subprocess.run(  # noqa: S603 - the manifest's own command
                command, capture_output=True, text=True, timeout=10, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            msg = f"{self._manifest.path}: version command {' '.join(command)} failed: {error}"
            raise TargetUnavailableError(msg) from None
        return done.stdout.strip()

    def lag_ns(self) -> int:
        """How late the shared reader was at worst since it was started."""
        return self._reader.lag_ns() if self._reader is not None else 0

    def start(self, options: StackOptions) -> NamespaceStack:
        """A fresh stack. Raises TargetUnavailableError, ConfigurationError."""
        sysctls = merged(self._manifest, options, "sysctl")
        if options.settings or options.overrides or options.own_process:
            options = replace(options, spare=False)
        maker, reader, pool = self._shared()
        if options.timing and self._stamping is None:
            self._stamping = keep_stamping()
        made = self._take_spare(options) or maker.take(options.ip)
        try:
            self._apply(sysctls, made, options)
            return NamespaceStack(
                made,
                mtu=self._manifest.limits.mtu,
                pool=pool,
                reader=reader,
                ended=partial(self._ended, maker, made, options.ip),
                start_apps=partial(self._start_apps, made, options),
                options=options,
            )
        except BaseException:
            maker.give_back(made)
            raise

    def _take_spare(self, options: StackOptions) -> Made | None:
        """A namespace that its stack has left empty, for whom it will do."""
        if not options.spare:
            return None
        with self._lock:
            spares = self._spares[options.ip]
            return spares.pop() if spares else None

    def _ended(self, maker: Maker, made: Made, ip: IpVersion, empty: bool) -> None:
        if not empty:
            maker.give_back(made)
            return
        with self._lock:
            self._spares[ip].append(made)

    def close(self) -> None:
        """End the shared threads and free the spare; only when every stack is closed."""
        with self._lock:
            if self._reader is not None:
                self._reader.close()
            if self._pool is not None:
                self._pool.close()
            if self._maker is not None:
                for made in (*self._spares[4], *self._spares[6]):
                    self._maker.give_back(made)
                self._spares = {4: [], 6: []}
                self._maker.close()
            if self._stamping is not None:
                self._stamping.close()
            self._maker = self._reader = self._pool = self._stamping = None

    def _start_apps(self, made: Made, options: StackOptions, clock: RealClock) -> Apps:
        # Imported here: a run without apps in processes of their own needs none of it.
        from tcpassay.targets.namespace.apps import Apps

        addresses = self._manifest.needed_addresses(options.ip)
        return Apps(self._manifest.name, made.namespace, clock, options, addresses)

    def _shared(self) -> tuple[Maker, Reader, WorkerPool]:
        with self._lock:
            if self._maker is None or self._reader is None or self._pool is None:
                _raise_descriptor_limit()
                self._maker, self._reader = Maker(self._manifest), Reader()
                self._pool = WorkerPool()
            return self._maker, self._reader, self._pool

    def _apply(self, sysctls: dict[str, object], made: Made, options: StackOptions) -> None:
        """Set what this stack has beyond the manifest's start."""
        addresses = self._manifest.needed_addresses(options.ip)
        own = self._manifest.own_addresses(options.ip, options.settings)
        if more := own[len(addresses.stack) :]:
            with made.namespace:
                add_addresses(more, f"{addresses.stack[0]}/{addresses.prefix}")
        base = self._manifest.start.get("sysctl")
        known = base if isinstance(base, dict) else {}
        beyond = {name: value for name, value in sysctls.items() if known.get(name) != value}
        if not beyond:
            return
        with made.namespace:
            if beyond.pop(QUICK_ACK, 0):
                route = route_with_quick_ack(tun.INDEX, addresses.stack[0], addresses.prefix)
                send(route, "a route with quickack")
            for name, value in beyond.items():
                write_sysctl(name, str(value))


def _raise_descriptor_limit() -> None:
    """Hundreds of stacks at once take a handful of descriptors each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = hard == resource.RLIM_INFINITY
    wanted = _WANTED_DESCRIPTORS if unlimited else min(hard, _WANTED_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
