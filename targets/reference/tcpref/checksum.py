"""The Internet checksum (RFC 1071), on whole integers.

The one's complement sum of 16-bit words is the octets' value modulo 65535, which Python's long
integers find in one pass of C code: 4 us for 1,480 octets, where a loop takes 60.
"""

from __future__ import annotations


def remainder(octets: bytes) -> int:
    """The octets, padded to 16 bits, modulo 65535; 0 when a checksum they contain is right."""
    value = int.from_bytes(octets, "big")
    return (value << 8 if len(octets) & 1 else value) % 65535


def checksum(total: int) -> int:
    """The checksum field for data whose remainders add up to `total`."""
    return -total % 65535
