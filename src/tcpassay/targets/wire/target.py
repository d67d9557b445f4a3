"""A port on the wire as a target: `--wire-only ADDRESS:PORT`, or a manifest of kind wire."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, NamedTuple, cast

from tcpassay.core.clock import NS_PER_MS, NS_PER_S
from tcpassay.core.errors import ConfigurationError, TargetUnavailableError
from tcpassay.targets.manifest import Addresses, Limits, Manifest
from tcpassay.targets.wire.link import WireLink
from tcpassay.targets.wire.probe import Acquaintance, get_to_know, jitter_ms, settle_ns
from tcpassay.targets.wire.stack import Exchange, WireStack

if TYPE_CHECKING:
    from tcpassay.targets.contract import IpVersion, StackOptions

#: The name of a target without a manifest.
NAME = "wire"
SERVICES = ("echo", "discard", "chargen")
#: What settles nothing yet: until the round trip is known.
_FIRST_SETTLE_NS = 20 * NS_PER_MS


class Port(NamedTuple):
    """Where a target without a manifest is. `peer` None: a free address is found."""

    netns: str
    address: str
    port: int
    service: str | None = None
    peer: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What names it on a command line."""
        options = {
            "--wire-only": _shown(self.address, self.port),
            "--netns": self.netns,
            "--service": self.service,
            "--peer": self.peer,
        }
        given = [(option, value) for option, value in options.items() if value is not None]
        return tuple(word for pair in given for word in pair)


def parse_port(text: str) -> tuple[str, int]:
    """The address and port of 192.0.2.1:7 or [2001:db8::1]:7. Raises ConfigurationError."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        address = ipaddress.ip_address(host[1:-1] if bracketed else host)
        number = int(port)
    except ValueError:
        number, address = 0, None
    if not colon or address is None or bracketed != (address.version == 6):
        raise ConfigurationError(
            f"--wire-only {text!r}: wanted ADDRESS:PORT, as 192.0.2.1:7 or [2001:db8::1]:7"
        )
    if not (port.isdecimal() and 0 < number < 65536):
        raise ConfigurationError(f"--wire-only {text!r}: wanted a port from 1 to 65535")
    if address.is_multicast or address.is_unspecified or address.is_link_local or "%" in host:
        raise ConfigurationError(
            f"--wire-only {text!r}: wanted the address of one host, and no link-local one"
        )
    return str(address), number


def check_peer(address: str, peer: str) -> None:
    """The tester's address is one of the target's IP version. Raises ConfigurationError."""
    try:
        right = ipaddress.ip_address(peer).version == ipaddress.ip_address(address).version
    except ValueError:
        right = False
    if not right or peer == address:
        raise ConfigurationError(
            f"--peer {peer!r}: wanted an address that nobody has, of the IP version of {address}"
        )


class WireTarget:
    """One port of one running stack; honours `tcpassay.targets.contract.Target`.

    Its stacks share one link, made when first needed and left by `close`.
    """

    def __init__(self, manifest: Manifest, exchange: Exchange | None = None) -> None:
        self._manifest = manifest
        self._exchanges: dict[IpVersion, Exchange] = {}
        if exchange is not None:
            self._exchanges[6 if ":" in exchange.link.own else 4] = exchange

    @property
    def manifest(self) -> Manifest:
        """What the target was made from."""
        return self._manifest

    def version(self) -> str:
        """Where it is: nobody can ask the stack what it is."""
        manifest, served = self._manifest, self._manifest.served
        addresses = manifest.ipv4 or manifest.ipv6
        if addresses is None or served is None:
            raise TargetUnavailableError(f"{manifest.path}: no address to be tested")
        return f"{served.service} at {_shown(addresses.stack[0], served.port)}"

    def start(self, options: StackOptions) -> WireStack:
        """Ports of its own on the one stack. Raises TargetUnavailableError, ConfigurationError."""
        exchange = self._exchanges.get(options.ip)
        if exchange is None:
            exchange = self._exchanges[options.ip] = self._open(options.ip)
        return WireStack(exchange)

    def close(self) -> None:
        """Leave the link, once the target has had time to ask about the last resets."""
        for exchange in self._exchanges.values():
            Event().wait(exchange.settle_ns / NS_PER_S)
            exchange.link.close()
        self._exchanges.clear()

    def _open(self, ip: IpVersion) -> Exchange:
        manifest = self._manifest
        addresses, served = manifest.needed_addresses(ip), manifest.served
        if served is None:
            raise TargetUnavailableError(f"{manifest.path}: no port to be tested")
        netns = cast("str", manifest.start["netns"])
        link = WireLink(netns, addresses.stack[0], addresses.peer)
        try:
            exchange = Exchange(link, _FIRST_SETTLE_NS)
            known = get_to_know(exchange, addresses.stack[0], served.port)
            if known.service != served.service:
                raise ConfigurationError(
                    f"{manifest.path}: start.service is {served.service!r}, the port behaves as "
                    f"{known.service}: correct one of them"
                )
            patience_ns = int(manifest.limits.jitter_ms * NS_PER_MS) // 2
            exchange.settle_ns = max(settle_ns(known.rtt_ns), patience_ns)
        except BaseException:
            link.close()
            raise
        return exchange


def open_port(where: Port) -> WireTarget:
    """A target without a manifest, which the port itself is asked about.

    Raises ConfigurationError and TargetUnavailableError with what to do about it.
    """
    link = WireLink(where.netns, where.address, where.peer)
    try:
        exchange = Exchange(link, _FIRST_SETTLE_NS)
        known = get_to_know(exchange, where.address, where.port, where.service)
        exchange.settle_ns = settle_ns(known.rtt_ns)
    except BaseException:
        link.close()
        raise
    return WireTarget(_manifest(where, link, known), exchange)


def _shown(address: str, port: int) -> str:
    """As `parse_port` reads it."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _manifest(where: Port, link: WireLink, known: Acquaintance) -> Manifest:
    """What a manifest of kind wire would say."""
    ends = Addresses((where.address,), link.own, link.route.networks_prefix)
    path = Path(f"--wire-only {where.address}:{where.port}") / "target.toml"
    return Manifest(
        name=NAME,
        title=f"{known.service} at {where.address}:{where.port}",
        kind="wire",
        clock="real",
        path=path,
        home=path.parent,
        start={"netns": where.netns, "port": where.port, "service": known.service},
        capabilities=known.capabilities,
        ipv4=None if ":" in where.address else ends,
        ipv6=ends if ":" in where.address else None,
        limits=Limits(mtu=link.route.device.mtu, jitter_ms=jitter_ms(known.rtt_ns)),
    )
