"""Segments, options, flags and ICMP messages in packetdrill's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.seq import MODULUS
from tcpassay.wire import icmp as names
from tcpassay.wire.connections import quote_of
from tcpassay.wire.icmp import Icmp
from tcpassay.wire.ipv4 import IPv4
from tcpassay.wire.options import (
    EndOfList,
    FastOpen,
    MaximumSegmentSize,
    NoOperation,
    Option,
    Sack,
    SackPermitted,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
)
from tcpassay.wire.tcp import ACK, Segment

if TYPE_CHECKING:
    from tcpassay.wire.connections import Base, Connection, Seen
    from tcpassay.wire.datagram import Datagram

_FLAGS = "FSRP.UEWA"
_ECN = ("", "[ect1] ", "[ect0] ", "[ce] ")


def escape(text: str) -> str:
    """`text` on one line: what cannot be printed, as an escape sequence."""
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in text])


def octets_text(octets: bytes, limit: int = 24) -> str:
    """Octets as a quoted string of printable ASCII, cut at `limit`."""
    shown = "".join(
        [chr(o) if 32 <= o < 127 and o not in b'"\\' else f"\\x{o:02x}" for o in octets[:limit]]
    )
    return f'"{shown}"' + ("..." if len(octets) > limit else "")


def packetdrill_flags(flags: int) -> str:
    """Flags as packetdrill has them: "S.", "." for ACK alone, "-" for none."""
    return "".join([letter for bit, letter in enumerate(_FLAGS) if flags >> bit & 1]) or "-"


class Relative:
    """A segment's numbers, seen from the bases of its connection (absolute without one)."""

    def __init__(self, n: int, connection: Connection | None, *, from_stack: bool) -> None:
        self._n = n
        self._connection = connection
        self._own: tuple[Base, Base] = ("stack.iss", "stack.ts0")
        self._other: tuple[Base, Base] = ("peer.iss", "peer.ts0")
        if not from_stack:
            self._own, self._other = self._other, self._own

    def seq(self, value: int) -> int:
        """A sequence number of the sender."""
        return self._from(self._own[0], value)

    def ack(self, value: int) -> int:
        """A sequence number of the other side."""
        return self._from(self._other[0], value)

    def tsval(self, value: int) -> int:
        """A timestamp of the sender."""
        return self._from(self._own[1], value)

    def tsecr(self, value: int) -> int:
        """A timestamp of the other side, echoed."""
        return self._from(self._other[1], value)

    def _from(self, base: Base, value: int) -> int:
        connection = self._connection
        return int(value) if connection is None else connection.offset(base, value, self._n)


def datagram_text(n: int, seen: Seen) -> str:
    """A datagram without its direction; `seen.datagram` must not be None."""
    datagram = seen.datagram
    if datagram is None:
        return f"malformed: {seen.error}"
    body = datagram.body
    relative = Relative(n, seen.connection, from_stack=seen.from_stack)
    if isinstance(body, Segment):
        text = _ecn(datagram) + segment_text(body, relative)
    elif isinstance(body, Icmp):
        text = _icmp_text(datagram.ip.version, body, n, seen)
    elif datagram.ip.is_fragment:
        text = f"fragment of protocol {datagram.ip.upper_protocol} ({len(body)} octets)"
    else:
        text = f"protocol {datagram.ip.upper_protocol} ({len(body)} octets)"
    wrong = oddities(datagram)
    return f"{text}  // {', '.join(wrong)}" if wrong else text


def _ecn(datagram: Datagram) -> str:
    ip = datagram.ip
    return _ECN[(ip.tos if isinstance(ip, IPv4) else ip.traffic_class) & 3]


def segment_text(segment: Segment, relative: Relative) -> str:
    """`S. 0:0(0) ack 1 win 64240 <mss 1460>`."""
    size = len(segment.payload)
    seq = relative.seq(segment.seq)
    parts = [packetdrill_flags(segment.flags), f"{seq}:{(seq + size) % MODULUS}({size})"]
    if seq < 0:
        parts[1] = f"{seq}:{seq + size}({size})"
    if segment.flags & ACK:
        parts.append(f"ack {relative.ack(segment.ack)}")
    elif segment.ack:
        parts.append(f"(ack {relative.ack(segment.ack)})")
    parts.append(f"win {segment.window}")
    if segment.urgent:
        parts.append(f"urg {segment.urgent}")
    if segment.options:
        parts.append(f"<{','.join(option_text(o, relative) for o in segment.options)}>")
    return " ".join(parts)


def option_text(option: Option, relative: Relative) -> str:
    """One option; SACK edges and timestamps are relative."""
    match option:
        case NoOperation():
            return "nop"
        case MaximumSegmentSize(value):
            return f"mss {value}"
        case WindowScale(shift):
            return f"wscale {shift}"
        case SackPermitted():
            return "sackOK"
        case Sack(blocks):
            edges = [f"{relative.ack(left)}:{relative.ack(right)}" for left, right in blocks]
            return "sack " + " ".join(edges)
        case Timestamps(tsval, tsecr):
            return f"TS val {relative.tsval(tsval)} ecr {relative.tsecr(tsecr)}"
        case FastOpen(cookie):
            return f"FO {cookie.hex()}".rstrip()
        case EndOfList(trailer):
            return f"eol {trailer.hex()}".rstrip()
        case UnknownOption(kind, octets):
            return f"kind {kind} {octets.hex()}".rstrip()
        case UnreadableOptions(octets):
            return f"unreadable {octets.hex()}"


def _icmp_text(version: int, icmp: Icmp, n: int, seen: Seen) -> str:
    kind = names.type_name(version, icmp.type)
    parts = ["icmp" if version == 4 else "icmpv6", kind]
    if code := names.code_name(version, icmp.type, icmp.code):
        parts.append(code)
    if (version, icmp.type, icmp.code) == (4, 3, 4):
        parts.append(f"mtu {icmp.mtu}")
    elif (version, icmp.type) == (6, 2):
        parts.append(f"mtu {icmp.mtu6}")
    elif kind.startswith("echo"):
        parts.append(f"id {icmp.identifier} seq {icmp.sequence}")
    if names.is_error(version, icmp.type):
        parts.append(f"[{_quote_text(icmp.data, n, seen)}]")
    return " ".join(parts)


def _quote_text(octets: bytes, n: int, seen: Seen) -> str:
    quote = quote_of(octets)
    if quote is None:
        return f"{len(octets)} octets"
    relative = Relative(n, seen.connection, from_stack=not seen.from_stack)
    seq = relative.seq(quote.seq)
    if quote.start + 20 > len(octets):
        return f"seq {seq}"
    flags = octets[quote.start + 13]
    ack = int.from_bytes(octets[quote.start + 8 : quote.start + 12], "big")
    acks = f" ack {relative.ack(ack)}" if flags & ACK else ""
    data = _quoted_size(octets, quote.start, six=quote.six)
    return f"{packetdrill_flags(flags)} {seq}:{seq + data}({data}){acks}"


def _quoted_size(octets: bytes, start: int, *, six: bool) -> int:
    """Octets of data that the quoted segment had, by the length in its IP header."""
    at = 4 if six else 2
    total = int.from_bytes(octets[at : at + 2], "big") + (40 if six else 0)
    return max(0, total - start - (octets[start + 12] >> 4) * 4)


def oddities(datagram: Datagram) -> list[str]:
    """What a datagram says of itself that is not so."""
    out: list[str] = []
    for part in (datagram.ip, datagram.body):
        if isinstance(part, bytes):
            continue
        name = {"Segment": "TCP", "Icmp": "ICMP"}.get(type(part).__name__, type(part).__name__)
        for field in ("total_length", "payload_length", "checksum", "ihl", "data_offset"):
            value = getattr(part, field, None)
            if value is not None:
                shown = f"{value:#06x}" if field == "checksum" else f"{value}"
                out.append(f"wrong {name} {field.replace('_', ' ')} {shown}")
    if isinstance(datagram.body, Segment) and datagram.body.reserved:
        out.append(f"reserved bits {datagram.body.reserved}")
    if datagram.padding:
        out.append(f"{len(datagram.padding)} octets behind the datagram")
    return out
