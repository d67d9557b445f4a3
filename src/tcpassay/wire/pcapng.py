"""Capture files for Wireshark, block by block: pcapng, raw IP, nanoseconds, comments.

Blocks and options as in draft-ietf-opsawg-pcapng, sections 4 and 3.5. Written here because a
capture is then exact to the nanosecond and costs no import of Scapy, which reads the files back.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import tcpassay

if TYPE_CHECKING:
    from collections.abc import Iterable

LINKTYPE_RAW: Final = 101
#: Directions of a packet, as seen from the interface.
INBOUND: Final = 1
OUTBOUND: Final = 2

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_END, _COMMENT, _APPLICATION, _IF_NAME, _EPB_FLAGS, _RESOLUTION = 0, 1, 4, 2, 2, 9
_LONGEST_COMMENT = 4096


def section(comments: Iterable[str] = ()) -> bytes:
    """The block that a file begins with; its length is left open."""
    body = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    application = _option(_APPLICATION, f"tcpassay {tcpassay.__version__}".encode())
    return _block(_SECTION, body, _comments(comments) + application)


def interface(name: str) -> bytes:
    """The one interface of a capture: raw IP, times in nanoseconds."""
    body = struct.pack("<HHI", LINKTYPE_RAW, 0, 0)
    options = _option(_IF_NAME, name.encode()) + _option(_RESOLUTION, b"\x09")
    return _block(_INTERFACE, body, options)


def packet(t_ns: int, direction: int, octets: bytes, comments: Iterable[str] = ()) -> bytes:
    """A datagram at a time in nanoseconds; `direction` is INBOUND or OUTBOUND."""
    high, low = divmod(t_ns, 1 << 32)
    body = struct.pack("<IIIII", 0, high, low, len(octets), len(octets)) + _padded(octets)
    options = _comments(comments) + _option(_EPB_FLAGS, struct.pack("<I", direction))
    return _block(_PACKET, body, options)


def _block(kind: int, body: bytes, options: bytes) -> bytes:
    content = body + options + struct.pack("<HH", _END, 0)
    length = struct.pack("<I", len(content) + 12)
    return struct.pack("<I", kind) + length + content + length


def _comments(texts: Iterable[str]) -> bytes:
    return b"".join(_option(_COMMENT, _cut(text)) for text in texts)


def _cut(text: str) -> bytes:
    octets = text.encode("utf-8", "backslashreplace")[:_LONGEST_COMMENT]
    return octets.decode("utf-8", "ignore").encode()


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
