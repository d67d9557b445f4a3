"""The Internet checksum (RFC 1071) by arithmetic modulo 2^16 - 1.

2^16 is 1 modulo 2^16 - 1. So the one's complement sum of the 16-bit words of some octets is the
remainder of those octets read as one large number, which the interpreter computes in C; and words
that were read as numbers of 32 bits can be added as they are.
"""

from __future__ import annotations

from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from tcpassay.wire.errors import BuildError

_ONES = 0xFFFF


def words(octets: bytes) -> int:
    """A number congruent to the sum of the 16-bit words of `octets` (a last odd octet padded)."""
    number = int.from_bytes(octets, "big")
    return number << 8 if len(octets) & 1 else number


def checksum_of(number: int) -> int:
    """The checksum field over words that sum to `number`, the field itself counted as zero."""
    return -number % _ONES if number else _ONES


def verifies(number: int) -> bool:
    """Whether words that sum to `number`, checksum included, pass RFC 1071's test."""
    return number % _ONES == 0 and number != 0


def internet_checksum(octets: bytes) -> int:
    """The checksum over `octets`, in which the checksum field counts as zero."""
    return checksum_of(words(octets))


@lru_cache(maxsize=4096)
def octets_of(address: str) -> bytes:
    """An address in network byte order, 4 or 16 octets; raises BuildError where it is none."""
    family = AF_INET6 if ":" in address else AF_INET
    try:
        return inet_pton(family, address)
    except OSError:
        raise BuildError("address", "an IPv4 or IPv6 address", repr(address)) from None


@lru_cache(maxsize=4096)
def number_of(address: str) -> int:
    """An address as one number; raises BuildError where it is none."""
    return int.from_bytes(octets_of(address), "big")


@lru_cache(maxsize=4096)
def text4(number: int) -> str:
    """The dotted text of a 32-bit IPv4 address."""
    return inet_ntop(AF_INET, number.to_bytes(4, "big"))


@lru_cache(maxsize=4096)
def text6(octets: bytes) -> str:
    """The text of a 16-octet IPv6 address, as RFC 5952 has it."""
    return inet_ntop(AF_INET6, octets)


def pseudo_header(src: str, dst: str, protocol: int) -> int:
    """Words of the pseudo-header without the length (RFC 9293, 3.1; RFC 8200, 8.1)."""
    return number_of(src) + number_of(dst) + protocol
