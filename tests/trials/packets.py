"""Datagrams written by hand: every field can be wrong, checksums are right unless asked."""

from __future__ import annotations

from struct import pack

TCP, ICMP, ICMPV6, FRAGMENT = 6, 1, 58, 44


def checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = octets + b"\0" if len(octets) % 2 else octets
    folded = int.from_bytes(padded, "big") % 65535
    return 0xFFFF - folded if folded or not any(padded) else 0


def pseudo(src: bytes, dst: bytes, length: int, protocol: int) -> bytes:
    """The pseudo-header of either IP version."""
    if len(src) == 4:
        return src + dst + pack("!HH", protocol, length)
    return src + dst + pack("!II", length, protocol)


def segment(
    ports: tuple[int, int],
    numbers: tuple[int, int],
    flags: int,
    window: int,
    options: bytes = b"",
    payload: bytes = b"",
    *,
    words: int | None = None,
    urgent: int = 0,
) -> bytes:
    """A TCP segment with a checksum of zero; `words` is the data offset where it is wrong."""
    offset = 5 + len(options) // 4 if words is None else words
    header = pack("!HHIIBBHHH", *ports, *numbers, offset << 4, flags, window, 0, urgent)
    return header + options + payload


def seal(src: bytes, dst: bytes, octets: bytes) -> bytes:
    """The segment with its checksum; as it is when it is too short to have one."""
    if len(octets) < 18:
        return octets
    blank = octets[:16] + b"\0\0" + octets[18:]
    total = checksum(pseudo(src, dst, len(octets), TCP) + blank)
    return blank[:16] + pack("!H", total) + blank[18:]


def datagram(
    src: bytes,
    dst: bytes,
    body: bytes,
    protocol: int = TCP,
    *,
    fragment: int = 0,
    identification: int = 77,
) -> bytes:
    """An IP datagram. `fragment` is the offset in octets, with 1 added where more follows."""
    if len(src) == 16:
        if fragment:
            body = pack("!BBHI", protocol, 0, fragment, identification) + body
            protocol = FRAGMENT
        return pack("!IHBB", 6 << 28, len(body), protocol, 64) + src + dst + body
    field = fragment >> 3 | (fragment & 1) << 13
    fields = (0x45, 0, 20 + len(body), identification, field, 64, protocol)
    blank = pack("!BBHHHBBH", *fields, 0) + src + dst
    return pack("!BBHHHBBH", *fields, checksum(blank)) + src + dst + body


def icmp_error(src: bytes, dst: bytes, kind: int, code: int, quoted: bytes) -> bytes:
    """An ICMP or ICMPv6 message that quotes a datagram."""
    blank = pack("!BBHI", kind, code, 0, 0) + quoted
    if len(src) == 4:
        total, protocol = checksum(blank), ICMP
    else:
        total, protocol = checksum(pseudo(src, dst, len(blank), ICMPV6) + blank), ICMPV6
    return datagram(src, dst, blank[:2] + pack("!H", total) + blank[4:], protocol)


def fragments(src: bytes, dst: bytes, body: bytes, size: int, identification: int) -> list[bytes]:
    """A datagram in pieces of `size` octets, a multiple of eight."""
    return [
        datagram(
            src,
            dst,
            body[start : start + size],
            fragment=start | (start + size < len(body)),
            identification=identification,
        )
        for start in range(0, len(body), size)
    ]


def ends(octets: bytes) -> tuple[tuple[bytes, int, bytes, int], int]:
    """Addresses and ports of a TCP datagram without options in its IP header; and its flags."""
    start, size = (8, 16) if octets[0] >> 4 == 6 else (12, 4)
    ports = start + 2 * size
    key = (
        octets[start : start + size],
        int.from_bytes(octets[ports : ports + 2], "big"),
        octets[start + size : ports],
        int.from_bytes(octets[ports + 2 : ports + 4], "big"),
    )
    return key, octets[ports + 13]
