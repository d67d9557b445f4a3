"""What a network card would have done: a kernel leaves it checksums and the cutting of text.

A frame that a kernel hands to a packet socket may be larger than any the wire would carry, and its
checksum may be missing. The header of linux/virtio_net.h in front of it says so; here is done what
it says, so that a case sees what a receiver at the other end of a cable would.
"""

from __future__ import annotations

import struct
from typing import Final

from tcpassay.wire.checksum import internet_checksum
from tcpassay.wire.tcp import CWR, FIN, PSH

#: PACKET_VNET_HDR puts this many octets in front of each frame.
HEADER: Final = 10
#: What goes in front of a frame that is whole.
WHOLE: Final = bytes(HEADER)
_HEADER = struct.Struct("=BBHHHH")
_NEEDS_CHECKSUM = 1
_TCP = (1, 4)  # VIRTIO_NET_HDR_GSO_TCPV4, _TCPV6
_ECN = 0x80


def as_on_the_wire(octets: bytes, link_header: int) -> list[bytes]:
    """The IP datagrams that the device would have sent for what a packet socket gave.

    `link_header` is how many octets of the frame stand in front of the datagram.
    """
    flags, kind, _, size, start, offset = _HEADER.unpack_from(octets)
    datagram = _trimmed(octets[HEADER + link_header :])
    if kind & ~_ECN in _TCP and size:
        return _cut(datagram, size)
    if flags & _NEEDS_CHECKSUM:
        datagram = _with_checksum(datagram, start - link_header, offset)
    return [datagram]


def _trimmed(octets: bytes) -> bytes:
    """Without the octets that pad a frame to its least size (IEEE 802.3)."""
    if octets[:1] and octets[0] >> 4 == 4:
        length = int.from_bytes(octets[2:4], "big")
        return octets[:length] if length >= 20 else octets
    if len(octets) >= 40 and octets[0] >> 4 == 6:
        length = int.from_bytes(octets[4:6], "big")
        return octets[: 40 + length] if length else octets
    return octets


def _with_checksum(datagram: bytes, start: int, offset: int) -> bytes:
    """The field at `start + offset` holds the pseudo-header's sum: sum up from `start` on."""
    at = start + offset
    octets = bytearray(datagram)
    octets[at : at + 2] = internet_checksum(datagram[start:]).to_bytes(2, "big")
    return bytes(octets)


def _cut(datagram: bytes, size: int) -> list[bytes]:
    """Segments of `size` octets of text each: FIN and PSH in the last, CWR in the first."""
    v4 = datagram[0] >> 4 == 4
    ip_length = (datagram[0] & 15) * 4 if v4 else 40
    at = ip_length + (datagram[ip_length + 12] >> 4) * 4
    headers, text = datagram[:at], datagram[at:]
    pieces = [text[n : n + size] for n in range(0, len(text), size)] or [b""]
    last = len(pieces) - 1
    return [
        _piece(headers, ip_length, n * size, n, piece, first=n == 0, last=n == last)
        for n, piece in enumerate(pieces)
    ]


def _piece(
    headers: bytes, ip_length: int, ahead: int, n: int, text: bytes, *, first: bool, last: bool
) -> bytes:
    octets = bytearray(headers)
    tcp = memoryview(octets)[ip_length:]
    seq = int.from_bytes(tcp[4:8], "big") + ahead
    tcp[4:8] = (seq % 2**32).to_bytes(4, "big")
    tcp[13] &= (0xFF if last else 0xFF ^ (FIN | PSH)) & (0xFF if first else 0xFF ^ CWR)
    tcp[16:18] = b"\0\0"
    length = len(tcp) + len(text)
    if headers[0] >> 4 == 4:
        octets[2:4] = (ip_length + length).to_bytes(2, "big")
        octets[4:6] = ((int.from_bytes(headers[4:6], "big") + n) % 2**16).to_bytes(2, "big")
        octets[10:12] = b"\0\0"
        octets[10:12] = internet_checksum(bytes(octets[:ip_length])).to_bytes(2, "big")
        ends = bytes(octets[12:20])
    else:
        octets[4:6] = length.to_bytes(2, "big")
        ends = bytes(octets[8:40])
    segment = bytes(tcp) + text
    total = internet_checksum(ends + struct.pack(">II", 6, length) + segment)
    tcp[16:18] = total.to_bytes(2, "big")
    return bytes(octets) + text
