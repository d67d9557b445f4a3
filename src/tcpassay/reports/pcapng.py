"""A trace as a capture file for Wireshark: pcapng, raw IP, nanoseconds, comments on packets.

Blocks and options as in draft-ietf-opsawg-pcapng, sections 4 and 3.5. Written here because a
capture is then exact to the nanosecond and costs no import of Scapy, which reads the files back.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, cast

import tcpassay

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult
    from tcpassay.core.trace import Entry, Judgement, Trace

LINKTYPE_RAW: Final = 101

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_END, _COMMENT, _APPLICATION, _IF_NAME, _EPB_FLAGS, _RESOLUTION = 0, 1, 4, 2, 2, 9
_INBOUND, _OUTBOUND = 1, 2
_LONGEST_COMMENT = 4096


def write_capture(path: Path, *, trace: Trace, result: CaseResult) -> None:
    """Write the datagrams of `trace`, seen from the peer: what it received is inbound.

    The first packet's comment names the case, the offending packet's (else the last one's) the
    verdict. Raises OSError.
    """
    path.write_bytes(capture(trace, result))


def capture(trace: Trace, result: CaseResult) -> bytes:
    """The octets of the capture file."""
    datagrams = [entry for entry in trace if entry.kind in {"send", "receive"}]
    title = f"{result.id} on {result.target}, IPv{result.ip}: {result.title}"
    comments: dict[int, list[str]] = {}
    if datagrams:
        comments.setdefault(datagrams[0].n, []).append(title)
        culprit = offending(trace, datagrams)
        comments.setdefault(culprit.n, []).append(verdict_line(result))
    head = _section([title, verdict_line(result)]) + _interface()
    return head + b"".join(_packet(entry, comments.get(entry.n, [])) for entry in datagrams)


def offending(trace: Trace, datagrams: list[Entry]) -> Entry:
    """The datagram that broke an expectation, or the last one before it was broken."""
    for entry in reversed(trace.entries):
        if entry.kind != "expect":
            continue
        judgement = cast("Judgement", entry.data)
        if judgement.met:
            continue
        at = entry.n if judgement.event is None else judgement.event
        return max((sent for sent in datagrams if sent.n <= at), default=datagrams[-1])
    return datagrams[-1]


def verdict_line(result: CaseResult) -> str:
    """Verdict, message and differences, as the comment shows them."""
    rows = "".join(f"\n{row.field}: got {row.got}, want {row.want}" for row in result.diff)
    return f"{result.verdict}: {result.message}{rows}" if result.message else str(result.verdict)


def _section(comments: list[str]) -> bytes:
    body = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    application = _option(_APPLICATION, f"tcpassay {tcpassay.__version__}".encode())
    return _block(_SECTION, body, _comments(comments) + application)


def _interface() -> bytes:
    body = struct.pack("<HHI", LINKTYPE_RAW, 0, 0)
    return _block(_INTERFACE, body, _option(_IF_NAME, b"peer") + _option(_RESOLUTION, b"\x09"))


def _packet(entry: Entry, comments: list[str]) -> bytes:
    octets = cast("bytes", entry.data)
    high, low = divmod(entry.t_ns, 1 << 32)
    direction = _OUTBOUND if entry.kind == "send" else _INBOUND
    body = struct.pack("<IIIII", 0, high, low, len(octets), len(octets)) + _padded(octets)
    options = _comments(comments) + _option(_EPB_FLAGS, struct.pack("<I", direction))
    return _block(_PACKET, body, options)


def _block(kind: int, body: bytes, options: bytes) -> bytes:
    content = body + options + struct.pack("<HH", _END, 0)
    length = struct.pack("<I", len(content) + 12)
    return struct.pack("<I", kind) + length + content + length


def _comments(texts: list[str]) -> bytes:
    return b"".join(_option(_COMMENT, _cut(text)) for text in texts)


def _cut(text: str) -> bytes:
    octets = text.encode("utf-8", "backslashreplace")[:_LONGEST_COMMENT]
    return octets.decode("utf-8", "ignore").encode()


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
