"""A target's manifest (`target.toml`): what it is, how to start it, what it can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from tcpassay.core.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.core.clock import ClockKind

TargetKind = Literal["in-process", "namespace", "process", "wire"]


class Served(NamedTuple):
    """The one port of a target of kind wire, and what is behind it: echo, discard or chargen."""

    service: str
    port: int


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the stack and the peer live. The first of `stack` is the stack's usual address."""

    stack: tuple[str, ...]
    peer: str
    prefix: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes and claims of the target; octets, seconds, milliseconds.

    `connect_schedule_s`: when connect() sends its SYNs while nobody answers, and last when it
    fails, counted from the first; empty where the target claims no fixed times.
    `sack_room`: what each segment leaves free for SACK blocks on a connection with SACK.
    """

    max_connections: int = 1024
    rcv_buffer: int = 65535
    ooo_queue: int = 65535
    mtu: int = 1500
    sack_room: int = 0
    msl_s: float = 120.0
    listen: Literal["queue", "single_shot", "callback"] = "queue"
    jitter_ms: float = 0.0
    connect_schedule_s: tuple[float, ...] = ()


class Build(NamedTuple):
    """How what `start` names is built. `packages` are Debian's, `optional` those without which less
    is built; `command` runs in the folder `home`.
    """

    command: tuple[str, ...]
    packages: tuple[str, ...]
    optional: tuple[str, ...]
    home: Path


@dataclass(frozen=True, slots=True)
class Manifest:
    """One target.toml, checked. `settings` maps a setting's name to what start applies for it.

    `home` is the folder from which start's and version's relative paths count: the manifest's
    own, or that of the manifest it is like where it starts the same program.
    """

    name: str
    title: str
    kind: TargetKind
    clock: ClockKind
    path: Path
    home: Path
    start: Mapping[str, object]
    capabilities: frozenset[str]
    ipv4: Addresses | None
    ipv6: Addresses | None
    limits: Limits = field(default_factory=Limits)
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    version_command: tuple[str, ...] = ()
    build: Build | None = None

    @property
    def folder(self) -> Path:
        """The folder that holds the manifest."""
        return self.path.parent

    @property
    def served(self) -> Served | None:
        """The port that is all there is to a target of kind wire; None for any other kind."""
        if self.kind != "wire":
            return None
        return Served(str(self.start["service"]), int(str(self.start["port"])))

    def addresses(self, ip: int) -> Addresses | None:
        """The addresses of an IP version; None where the manifest has no such table."""
        return self.ipv4 if ip == 4 else self.ipv6

    def needed_addresses(self, ip: int) -> Addresses:
        """The addresses of an IP version; raises ConfigurationError where there are none."""
        found = self.addresses(ip)
        if found is None:
            raise ConfigurationError(
                f"{self.path}: target {self.name!r} has no [addresses.ipv{ip}]; "
                "add the table or run with the other --ip"
            )
        return found

    def own_addresses(self, ip: int, settings: Iterable[str]) -> tuple[str, ...]:
        """The stack's addresses of an IP version, with those that settings give it besides."""
        found = self.addresses(ip)
        own = list(found.stack) if found is not None else []
        for name in settings:
            more = self.settings.get(name, {}).get("addresses", ())
            if isinstance(more, tuple):
                own += [address for address in more if (":" in address) == (ip == 6)]
        return tuple(own)

    def mirrored(self) -> Manifest:
        """The same target at the other end of the link, to be piped to itself."""
        return replace(self, ipv4=_swapped(self.ipv4), ipv6=_swapped(self.ipv6))


def _swapped(addresses: Addresses | None) -> Addresses | None:
    if addresses is None:
        return None
    return Addresses((addresses.peer,), addresses.stack[0], addresses.prefix)
