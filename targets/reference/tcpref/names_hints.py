"""The hints of getaddrinfo(): checked, and the kinds of socket that they leave."""

from __future__ import annotations

from typing import NamedTuple

from tcpref.names_errors import refuse
from tcpref.names_services import is_decimal

FLAGS = frozenset(
    {
        "AI_PASSIVE",
        "AI_CANONNAME",
        "AI_NUMERICHOST",
        "AI_NUMERICSERV",
        "AI_V4MAPPED",
        "AI_ALL",
        "AI_ADDRCONFIG",
    }
)
FAMILIES = frozenset({"AF_UNSPEC", "AF_INET", "AF_INET6"})
#: In place of a type of socket: any.
ANY_TYPE = "0"


class Kind(NamedTuple):
    """A type of socket with its protocol, and under what protocol its services are listed."""

    socktype: str
    protocol: int
    services: str


RAW = Kind("SOCK_RAW", 0, "")
KINDS = (Kind("SOCK_STREAM", 6, "tcp"), Kind("SOCK_DGRAM", 17, "udp"), RAW)


class Hints(NamedTuple):
    """struct addrinfo as the caller filled it in; the defaults are those of a null pointer."""

    flags: frozenset[str] = frozenset()
    family: str = "AF_UNSPEC"
    socktype: str = ANY_TYPE
    protocol: int = 0


def check(hints: Hints, node: str | None, service: str | None) -> None:
    """Raises EAI_NONAME, EAI_BADFLAGS, EAI_FAMILY: what can be told without a look at any table.

    A canonical name can be had only of a host that is named.
    """
    if node is None and service is None:
        raise refuse("EAI_NONAME")
    if hints.flags - FLAGS or ("AI_CANONNAME" in hints.flags and node is None):
        raise refuse("EAI_BADFLAGS")
    if hints.family not in FAMILIES:
        raise refuse("EAI_FAMILY")
    if "AI_NUMERICSERV" in hints.flags and service is not None and not is_decimal(service):
        raise refuse("EAI_NONAME")


def kinds(hints: Hints) -> tuple[Kind, ...]:
    """What kinds of socket are wanted: all, or the first that fits type and protocol.

    A raw socket goes with every protocol. Raises EAI_SOCKTYPE for an unknown type, and when
    the two do not go together.
    """
    if hints.socktype == ANY_TYPE and hints.protocol == 0:
        return KINDS
    for kind in KINDS:
        if hints.socktype in (ANY_TYPE, kind.socktype):
            if kind is RAW:
                return (kind._replace(protocol=hints.protocol),)
            if hints.protocol in (0, kind.protocol):
                return (kind,)
    raise refuse("EAI_SOCKTYPE")
