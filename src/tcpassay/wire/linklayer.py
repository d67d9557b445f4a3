"""What stands before the IP datagram in a captured frame, by link type (tcpdump.org/linktypes)."""

from __future__ import annotations

#: Link types that are read, and what people call them.
LINKS = {
    0: "BSD loopback",
    1: "Ethernet",
    12: "raw IP",
    14: "raw IP",
    101: "raw IP",
    108: "BSD loopback",
    113: "Linux cooked",
    228: "raw IP",
    229: "raw IP",
    276: "Linux cooked",
}
_IP = frozenset({0x0800, 0x86DD})
_TAGS = frozenset({0x8100, 0x88A8, 0x9100})
#: Where the protocol stands and where the payload begins.
_HEADERS = {1: (12, 14), 113: (14, 16), 276: (0, 20)}
_LOOPBACK = 4


def datagram_in(link: int, frame: bytes) -> bytes | None:
    """The IP datagram in a frame, with whatever padding follows it; None where there is none."""
    if link in _HEADERS:
        return _behind_tags(frame, *_HEADERS[link])
    octets = frame[_LOOPBACK:] if link in (0, 108) else frame
    return octets if octets and octets[0] >> 4 in (4, 6) else None


def _behind_tags(frame: bytes, at: int, start: int) -> bytes | None:
    """Behind a link header and any number of VLAN tags (IEEE 802.1Q)."""
    protocol = int.from_bytes(frame[at : at + 2], "big")
    while protocol in _TAGS and len(frame) >= start + 4:
        protocol = int.from_bytes(frame[start + 2 : start + 4], "big")
        start += 4
    return frame[start:] if protocol in _IP and len(frame) > start else None
