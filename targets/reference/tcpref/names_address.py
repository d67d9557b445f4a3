"""Addresses as text: what inet_addr() and inet_pton() take, what inet_ntop() gives (POSIX).

The socket module serves as a codec only: nothing here opens a socket.
"""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

#: The first 12 octets of an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2).
MAPPED = bytes(10) + b"\xff\xff"
ANY4 = bytes(4)
ANY6 = bytes(16)
LOOPBACK4 = b"\x7f\0\0\1"
LOOPBACK6 = bytes(15) + b"\1"

_DIGITS = {8: "01234567", 10: "0123456789", 16: "0123456789abcdefABCDEF"}


def from_strict(text: str) -> bytes | None:
    """Four or sixteen octets of an address as tables have it: inet_pton(); None for no address."""
    try:
        return inet_pton(AF_INET6 if ":" in text else AF_INET, text)
    except (OSError, ValueError):
        return None


def from_text(text: str) -> bytes | None:
    """The octets of a numeric host: IPv6, or what inet_addr() takes; None for a name."""
    return from_strict(text) if ":" in text else from_dots(text)


def from_dots(text: str) -> bytes | None:
    """One to four numbers, the last of which fills the octets that are left (inet_addr()).

    A number is hexadecimal after 0x, octal after 0, else decimal: 127.1, 0x7f.1, 1.2.3.
    """
    parts = text.split(".")
    if len(parts) > 4:
        return None
    numbers = [_number(part) for part in parts]
    last, room = numbers[-1], 5 - len(numbers)
    if min(numbers) < 0 or last >= 1 << 8 * room or max(numbers[:-1], default=0) > 255:
        return None
    return bytes(numbers[:-1]) + last.to_bytes(room, "big")


def _number(text: str) -> int:
    """The number in one part; -1 for none."""
    base = 10
    if text[:2] in ("0x", "0X"):
        text, base = text[2:], 16
    elif len(text) > 1 and text[0] == "0":
        text, base = text[1:], 8
    if not text or text.strip(_DIGITS[base]) or (base == 10 and len(text) > 10):
        return -1
    return int(text, base)


def to_text(address: bytes) -> str:
    """Dotted decimal, or the shortest IPv6 form (RFC 5952)."""
    return inet_ntop(AF_INET if len(address) == 4 else AF_INET6, address)


def unmapped(address: bytes) -> bytes:
    """The IPv4 address inside an IPv4-mapped one; any other as it is."""
    return address[12:] if len(address) == 16 and address.startswith(MAPPED) else address


def family_of(address: bytes) -> str:
    """The name of the address's family."""
    return "AF_INET" if len(address) == 4 else "AF_INET6"
