"""Namespaces for the stacks of one manifest: taken from the foundry's store, else made at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING

from tcpassay.targets.namespace import netns
from tcpassay.targets.namespace.foundry import Foundry
from tcpassay.targets.namespace.making import Made, Recipe, differing, make

if TYPE_CHECKING:
    from tcpassay.targets.contract import IpVersion
    from tcpassay.targets.manifest import Manifest

_NO_IPV6 = "net.ipv6.conf.all.disable_ipv6"
#: The one asked for that starts a foundry: a preflight and a single case do without.
_BEFORE_FOUNDRY = 3


class Maker:
    """Makes namespaces as a manifest says, and frees them. Several threads may ask at once."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._home = netns.open_current()
        self._recipes: dict[IpVersion, Recipe] = {}
        self._foundries: dict[IpVersion, Foundry] = {}
        self._taken: dict[IpVersion, int] = {4: 0, 6: 0}
        self._lock = threading.Lock()
        self._given_back: SimpleQueue[Made | None] = SimpleQueue()
        self._closer: threading.Thread | None = None

    def take(self, ip: IpVersion) -> Made:
        """A fresh namespace for this IP version. Raises TargetUnavailableError."""
        with self._lock:
            recipe = self._recipe(ip)
            self._taken[ip] += 1
            if self._taken[ip] == _BEFORE_FOUNDRY:
                # Without one each namespace is made at once, which only takes longer.
                with suppress(OSError):
                    self._foundries[ip] = Foundry(recipe, self._home)
            foundry = self._foundries.get(ip)
            ready = foundry.take() if foundry is not None else None
        return ready or make(recipe, self._home)

    def give_back(self, made: Made) -> None:
        """Have a namespace freed that nobody uses any more; it waits for no lock here."""
        self._given_back.put(made)
        with self._lock:
            if self._closer is None:
                self._closer = threading.Thread(
                    target=self._free, name="tcpassay-closer", daemon=True
                )
                self._closer.start()

    def close(self) -> None:
        """Free what was given back and what was made ahead."""
        if self._closer is not None:
            self._given_back.put(None)
            self._closer.join()
            self._closer = None
        for foundry in self._foundries.values():
            foundry.close()
        self._foundries.clear()
        if self._home >= 0:
            os.close(self._home)
            self._home = -1

    def _free(self) -> None:
        while (made := self._given_back.get()) is not None:
            made.close()

    def _recipe(self, ip: IpVersion) -> Recipe:
        """What to make. The first time, one is made to see which sysctls have to be written."""
        if ip not in self._recipes:
            addresses = self._manifest.needed_addresses(ip)
            namespace = netns.make(self._home)
            try:
                sysctls = differing(self._base(ip))
            finally:
                namespace.leave()
                namespace.close()
            self._recipes[ip] = Recipe(ip, addresses.stack, addresses.prefix, sysctls)
        return self._recipes[ip]

    def _base(self, ip: IpVersion) -> dict[str, str]:
        table = self._manifest.start.get("sysctl")
        pairs = table.items() if isinstance(table, Mapping) else ()
        base = {name: str(value) for name, value in pairs}
        if ip == 4:
            base[_NO_IPV6] = "1"
        return base
