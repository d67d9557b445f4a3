"""getnameinfo() (POSIX; RFC 3493, 6.2): a socket address to host and service names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpref import names_address as text
from tcpref.names_errors import refuse

if TYPE_CHECKING:
    from tcpref.names import Resolver

FLAGS = frozenset({"NI_NOFQDN", "NI_NUMERICHOST", "NI_NAMEREQD", "NI_NUMERICSERV", "NI_DGRAM"})
#: Octets of struct sockaddr_in and struct sockaddr_in6, by the octets of the address.
SOCKADDR_SIZE = {4: 16, 16: 28}


class Question(NamedTuple):
    """The arguments; `host_room` and `service_room` are octets, 0 for a name not wanted."""

    address: bytes
    port: int
    size: int
    host_room: int
    service_room: int
    flags: frozenset[str]


class Names(NamedTuple):
    """The answer: empty where nothing was wanted."""

    host: str
    service: str


def getnameinfo(resolver: Resolver, asked: Question) -> Names:
    """Host and service of a socket address.

    Raises CallError with an EAI code; Unanswered when the host table cannot be asked.
    """
    if asked.flags - FLAGS:
        raise refuse("EAI_BADFLAGS")
    if asked.size < SOCKADDR_SIZE[len(asked.address)]:
        raise refuse("EAI_FAMILY")
    if not asked.host_room and not asked.service_room:
        raise refuse("EAI_NONAME")
    host = fitted(host_name(resolver, asked), asked.host_room) if asked.host_room else ""
    return Names(host, fitted(service_name(resolver, asked), asked.service_room))


def fitted(name: str, room: int) -> str:
    """The name if it fits with the null character behind it; raises EAI_OVERFLOW."""
    if room and len(name.encode()) >= room:
        raise refuse("EAI_OVERFLOW")
    return name if room else ""


def host_name(resolver: Resolver, asked: Question) -> str:
    """The name, or the number where the flags want that or nothing else is known.

    An IPv4-mapped address is looked up as the IPv4 address that it holds. Raises EAI_NONAME
    when NI_NAMEREQD wants a name and there is none.
    """
    if "NI_NUMERICHOST" not in asked.flags:
        line = resolver.host_at(text.unmapped(asked.address))
        if line is not None:
            return resolver.without_domain(line.name) if "NI_NOFQDN" in asked.flags else line.name
    if "NI_NAMEREQD" in asked.flags:
        raise refuse("EAI_NONAME")
    return text.to_text(asked.address)


def service_name(resolver: Resolver, asked: Question) -> str:
    """The service at the port: of datagrams with NI_DGRAM, else of streams; or the number."""
    if "NI_NUMERICSERV" not in asked.flags:
        protocol = "udp" if "NI_DGRAM" in asked.flags else "tcp"
        service = resolver.services.at(asked.port, protocol)
        if service is not None:
            return service.name
    return str(asked.port)
