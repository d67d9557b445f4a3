"""Addresses of both IP versions: four octets or sixteen, and text only in socket calls.

An IPv4-mapped address (::ffff:192.0.2.1, RFC 4291, 2.5.5.2) exists in socket calls alone. Behind
them it is the four octets it stands for, so the stack below knows only what is on the wire.
"""

from __future__ import annotations

from functools import lru_cache
from socket import AF_INET6, inet_ntop, inet_pton

from tcpref import ipv4, ipv6

#: The wildcard address of each family of sockets.
WILDCARDS = {"AF_INET": ipv4.WILDCARD, "AF_INET6": ipv6.WILDCARD}
#: Octets of the two headers in front of a segment's text, by the length of an address.
FIXED_HEADERS = {4: 40, 16: 60}


def is_wildcard(address: bytes) -> bool:
    """Whether it stands for any address."""
    return not any(address)


@lru_cache(maxsize=1_024)
def from_text(text: str) -> bytes | None:
    """The octets of an address in dotted decimal or with colons; None when it is neither."""
    if ":" not in text:
        return ipv4.from_text(text)
    try:
        packed = inet_pton(AF_INET6, text)
    except (OSError, ValueError):
        return None
    return packed[12:] if packed.startswith(ipv6.MAPPED) else packed


def to_text(address: bytes, family: str = "") -> str:
    """An address as text (RFC 5952); an IPv4 one as an AF_INET6 socket has it where so asked."""
    if len(address) == 16:
        return inet_ntop(AF_INET6, address)
    text = ipv4.to_text(address)
    return f"::ffff:{text}" if family == "AF_INET6" else text


def is_link_local(address: bytes) -> bool:
    """Whether an address says nothing without the interface that it is used on."""
    return len(address) == 16 and ipv6.is_link_local(address)


def with_zone(text: str, zone: int) -> tuple[str, bool]:
    """An address without the interface's number behind it (RFC 4007, 11), and whether there was
    one; raises ValueError for the number of another interface.
    """
    host, mark, number = text.partition("%")
    if mark and number != str(zone):
        raise ValueError(text)
    return host, bool(mark)


def is_unicast(address: bytes) -> bool:
    """Whether a single host may have this address."""
    return ipv4.is_unicast(address) if len(address) == 4 else ipv6.is_unicast(address)


def same_network(one: bytes, other: bytes, prefix: int) -> bool:
    """Whether two addresses of one family share their first `prefix` bits."""
    if len(one) != len(other):
        return False
    difference = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return difference >> max(0, 8 * len(one) - prefix) == 0


def covers(bound: bytes, address: bytes, *, v6only: bool) -> bool:
    """Whether a socket bound to `bound` receives what is sent to `address`.

    The wildcard of IPv6 stands for IPv4 too unless IPV6_V6ONLY is on (RFC 3493, 5.3).
    """
    if not is_wildcard(bound):
        return bound == address
    return len(bound) == len(address) or (len(bound) == 16 and not v6only)
