"""getaddrinfo() (POSIX; RFC 3493, 6.1): host and service to socket addresses.

Addresses come in the order of the host table: the rules of RFC 6724 want a routing table, and
whoever writes the host table knows what he prefers. Where no host is named, IPv6 is first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpref import names_address as text
from tcpref.names_errors import refuse
from tcpref.names_hints import RAW, Hints, Kind, check, kinds
from tcpref.names_services import is_decimal, port_number

if TYPE_CHECKING:
    from tcpref.names import Resolver


class AddrInfo(NamedTuple):
    """struct addrinfo: the address in octets; the canonical name is the first entry's, if any."""

    socktype: str
    protocol: int
    address: bytes
    port: int
    canonname: str = ""


class Found(NamedTuple):
    """What a node name stands for."""

    addresses: tuple[bytes, ...]
    canonname: str = ""


def getaddrinfo(
    resolver: Resolver, node: str | None, service: str | None, hints: Hints
) -> tuple[AddrInfo, ...]:
    """Socket addresses, one a host address and kind of socket.

    Raises CallError with an EAI code; Unanswered when the host table cannot be asked.
    """
    check(hints, node, service)
    offered = ports(resolver, service, hints)
    families = wanted_families(resolver, hints)
    found = unnamed(hints) if node is None else named(resolver, node, hints)
    when = "never" if node is None else mapping(hints, families)
    addresses = fitting(found.addresses, families, when)
    if not addresses:
        raise refuse("EAI_NONAME")
    made = [
        AddrInfo(kind.socktype, kind.protocol, address, port)
        for address in addresses
        for kind, port in offered
    ]
    if "AI_CANONNAME" in hints.flags:
        made[0] = made[0]._replace(canonname=found.canonname)
    return tuple(made)


def ports(resolver: Resolver, service: str | None, hints: Hints) -> list[tuple[Kind, int]]:
    """Each wanted kind of socket with its port; raises EAI_SERVICE, EAI_SOCKTYPE."""
    wanted = kinds(hints)
    if service is None:
        return [(kind, 0) for kind in wanted]
    if wanted[0].socktype == RAW.socktype:
        raise refuse("EAI_SERVICE")
    if is_decimal(service):
        number = port_number(service)
        if number is None:
            raise refuse("EAI_SERVICE")
        return [(kind, number) for kind in wanted]
    return listed(resolver, service, wanted)


def listed(resolver: Resolver, service: str, wanted: tuple[Kind, ...]) -> list[tuple[Kind, int]]:
    """The kinds of socket over which the named service is offered; raises EAI_SERVICE for none."""
    offered: list[tuple[Kind, int]] = []
    for kind in wanted:
        entry = resolver.services.named(service, kind.services) if kind.services else None
        if entry is not None:
            offered.append((kind, entry.port))
    if not offered:
        raise refuse("EAI_SERVICE")
    return offered


def wanted_families(resolver: Resolver, hints: Hints) -> frozenset[str]:
    """The families that may be returned; with AI_ADDRCONFIG only those the host has."""
    families = {"AF_INET", "AF_INET6"} if hints.family == "AF_UNSPEC" else {hints.family}
    if "AI_ADDRCONFIG" in hints.flags:
        families = {family for family in families if resolver.has_family(family)}
    return frozenset(families)


def unnamed(hints: Hints) -> Found:
    """No host is named: the wildcard for a server (AI_PASSIVE), loopback for a client."""
    if "AI_PASSIVE" in hints.flags:
        return Found((text.ANY6, text.ANY4))
    return Found((text.LOOPBACK6, text.LOOPBACK4))


def named(resolver: Resolver, node: str, hints: Hints) -> Found:
    """The addresses of a numeric host or, unless AI_NUMERICHOST forbids to ask, of the table."""
    address = text.from_text(node)
    if address is not None:
        return Found((address,), node)
    if "AI_NUMERICHOST" in hints.flags:
        raise refuse("EAI_NONAME")
    lines = resolver.hosts_named(node)
    addresses = dict.fromkeys(line.address for line in lines)
    return Found(tuple(addresses), lines[0].name if lines else "")


def mapping(hints: Hints, families: frozenset[str]) -> str:
    """When IPv4 addresses of a host become IPv4-mapped ones: never, always, or if_none else.

    AI_V4MAPPED counts for AF_INET6 only, AI_ALL only beside it.
    """
    if hints.family != "AF_INET6" or "AI_V4MAPPED" not in hints.flags or not families:
        return "never"
    return "always" if "AI_ALL" in hints.flags else "if_none"


def fitting(addresses: tuple[bytes, ...], families: frozenset[str], when: str) -> tuple[bytes, ...]:
    """The addresses of the wanted families, and behind them those that are mapped."""
    own = tuple(address for address in addresses if text.family_of(address) in families)
    if when == "always" or (when == "if_none" and not own):
        return own + tuple(text.MAPPED + address for address in addresses if len(address) == 4)
    return own
