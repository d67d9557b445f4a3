"""Local addresses and ports: who holds them, who may share them, which are free."""

from __future__ import annotations

from random import Random

from tcpref.addresses import covers
from tcpref.port_selection import Destination, PortSelection
from tcpref.settings import Settings


class Binding:
    """An address and port in use by a socket, a connection, or both; the last to let go frees it.

    `reuse`, `shared` and `v6only` are SO_REUSEADDR, SO_REUSEPORT and IPV6_V6ONLY of the socket
    that made it.
    """

    __slots__ = ("address", "holders", "listening", "port", "reuse", "shared", "v6only")

    def __init__(
        self,
        address: bytes,
        port: int,
        *,
        reuse: bool,
        v6only: bool = False,
        shared: bool = False,
    ) -> None:
        self.address = address
        self.port = port
        self.reuse = reuse
        self.v6only = v6only
        self.shared = shared
        self.listening = False
        self.holders = 1

    def overlaps(self, address: bytes, *, v6only: bool = False) -> bool:
        """Whether a segment could be meant for both this binding and one of `address`."""
        return covers(self.address, address, v6only=self.v6only) or covers(
            address, self.address, v6only=v6only
        )

    def conflicts(
        self, address: bytes, *, reuse: bool, v6only: bool = False, shared: bool = False
    ) -> bool:
        """Whether a new binding of this port to `address` is refused.

        Two may share only when both have SO_REUSEADDR and the old one does not listen, or both
        have SO_REUSEPORT.
        """
        if (reuse and self.reuse and not self.listening) or (shared and self.shared):
            return False
        return self.overlaps(address, v6only=v6only)


class PortTable:
    """All bindings, by port."""

    __slots__ = ("_bindings", "selection")

    def __init__(self, settings: Settings, rng: Random) -> None:
        self._bindings: dict[int, set[Binding]] = {}
        self.selection = PortSelection(settings, rng)

    def available(
        self,
        address: bytes,
        port: int,
        *,
        reuse: bool,
        v6only: bool = False,
        shared: bool = False,
    ) -> bool:
        """Whether bind() to this address and port may succeed."""
        return not any(
            other.conflicts(address, reuse=reuse, v6only=v6only, shared=shared)
            for other in self._bindings.get(port, ())
        )

    def may_listen(self, binding: Binding) -> bool:
        """Whether nobody else listens on what this binding covers, but for those that share it."""
        return not any(
            other.listening
            and not (other.shared and binding.shared)
            and other.overlaps(binding.address, v6only=binding.v6only)
            for other in self._bindings.get(binding.port, ())
            if other is not binding
        )

    def hold(
        self,
        address: bytes,
        port: int,
        *,
        reuse: bool,
        v6only: bool = False,
        shared: bool = False,
    ) -> Binding:
        """A new binding, held once; whether it is allowed has been asked before."""
        binding = Binding(address, port, reuse=reuse, v6only=v6only, shared=shared)
        self._bindings.setdefault(port, set()).add(binding)
        return binding

    def share(self, binding: Binding) -> Binding:
        """One more holder."""
        binding.holders += 1
        return binding

    def release(self, binding: Binding) -> None:
        """One holder less; the last one frees the port."""
        binding.holders -= 1
        if not binding.holders:
            held = self._bindings[binding.port]
            held.discard(binding)
            if not held:
                del self._bindings[binding.port]

    def ephemeral(self, destination: Destination | None = None) -> int | None:
        """A port that nobody holds, for a connection to `destination`; None when all are held.

        Ports that are held are stepped over, whoever has them (RFC 6056, 3.3).
        """
        for port in self.selection.candidates(destination):
            if port not in self._bindings:
                return port
        return None
