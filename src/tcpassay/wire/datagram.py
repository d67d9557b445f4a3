"""A whole IP datagram: octets to values and back, exactly.

The rule of None: a length, offset or checksum that is what build would compute is None; one that
is not is kept. So `build(parse(octets)) == octets` wherever lenient parsing succeeds, and
`segment.checksum is None` reads "the checksum is right".
"""

from __future__ import annotations

from struct import Struct
from struct import error as StructError  # noqa: N812 - an exception class
from typing import NamedTuple

from tcpassay.wire.checksum import text4, text6
from tcpassay.wire.errors import BuildError, ParseError
from tcpassay.wire.icmp import (
    PROTOCOL_ICMP,
    PROTOCOL_ICMPV6,
    Icmp,
    build_icmp,
    parse_icmp,
)
from tcpassay.wire.ipv4 import IPv4, build_ipv4, parse_ipv4
from tcpassay.wire.ipv6 import IPv6, build_ipv6, parse_ipv6
from tcpassay.wire.options import Option, parse_options
from tcpassay.wire.tcp import PROTOCOL_TCP, Segment, build_segment, parse_segment

_TCP4 = Struct("!BBHHHBBHIIHHIIHHHH")
_PORTS = Struct("!HH")
_new = tuple.__new__

Flow = tuple[str, int, str, int]


class Datagram(NamedTuple):
    """A header, a body, and what follows behind the length that the header gives.

    The body is octets where it is neither TCP nor ICMP, is a fragment, or is too short.
    """

    ip: IPv4 | IPv6
    body: Segment | Icmp | bytes
    padding: bytes = b""

    @classmethod
    def between(
        cls, src: str, dst: str, body: Segment | Icmp | bytes, *, hops: int = 64, protocol: int = 0
    ) -> Datagram:
        """A datagram from `src` to `dst`; IP version and protocol follow from what is given."""
        six = ":" in src
        number = protocol or _protocol(body, six=six)
        if six:
            return cls(IPv6(src, dst, hop_limit=hops, next_header=number), body)
        return cls(IPv4(src, dst, ttl=hops, protocol=number), body)


def _protocol(body: Segment | Icmp | bytes, *, six: bool) -> int:
    if isinstance(body, Icmp):
        return PROTOCOL_ICMPV6 if six else PROTOCOL_ICMP
    return PROTOCOL_TCP


def build(datagram: Datagram) -> bytes:
    """The octets of a datagram; None fields are computed. A short segment costs about 3 us.

    Raises BuildError for a value that its field cannot hold.
    """
    ip, body, padding = datagram
    try:
        if isinstance(body, Segment):
            octets = build_segment(body, ip.pseudo(PROTOCOL_TCP))
        elif isinstance(body, Icmp):
            octets = build_icmp(body, _icmp_pseudo(ip, 8 + len(body.data)))
        else:
            octets = body
        size = len(octets)
        header = build_ipv4(ip, size) if isinstance(ip, IPv4) else build_ipv6(ip, size)
    except (StructError, TypeError) as error:
        raise _explain(datagram, error) from None
    return header + octets + padding


def _icmp_pseudo(ip: IPv4 | IPv6, size: int) -> int:
    return 0 if isinstance(ip, IPv4) else ip.pseudo(PROTOCOL_ICMPV6) + size


_BITS = {
    "IPv4 flags": 3, "Segment flags": 9, "ttl": 8, "tos": 8, "identification": 16,
    "fragment_offset": 13, "protocol": 8, "total_length": 16, "checksum": 16, "ihl": 4,
    "hop_limit": 8, "next_header": 8, "payload_length": 16, "sport": 16, "dport": 16,
    "window": 16, "urgent": 16, "reserved": 3, "data_offset": 4, "type": 8, "code": 8, "rest": 32,
}  # fmt: skip


def _explain(datagram: Datagram, error: Exception) -> BuildError:
    """The first field whose value cannot be held, else what the interpreter said."""
    for part in (datagram.ip, datagram.body):
        if isinstance(part, bytes):
            continue
        for field, value in part._asdict().items():
            name = f"{type(part).__name__} {field}"
            bits = _BITS.get(name, _BITS.get(field))
            if bits is None or value is None:
                continue
            if not isinstance(value, int) or not 0 <= value < 1 << bits:
                return BuildError(name, f"{bits} bits", f"{value!r}")
    return BuildError("datagram", "octets, numbers and sizes that fit their fields", str(error))


def parse(octets: bytes, *, strict: bool = False) -> Datagram:
    """The datagram in `octets`. A short segment costs about 2 us, checksums verified.

    Lenient takes wrong checksums, lengths and offsets and keeps them; what cannot be read stays
    octets. Raises ParseError for another version or less than a header; strict, for anything that
    is not as its RFC has it, with field, offset, wanted and got.
    """
    if len(octets) >= 40 and octets[0] == 0x45:
        datagram = _parse_plain(octets, strict=strict)
        if datagram is not None:
            return datagram
    return parse_any(octets, strict=strict)


def _parse_plain(octets: bytes, *, strict: bool) -> Datagram | None:
    """A right TCP segment in an IPv4 header without options; None for all else."""
    (
        _, tos, total, ident, fragment, ttl, protocol, ip_sum, src, dst,
        sport, dport, seq, ack, control, window, tcp_sum, urgent,
    ) = _TCP4.unpack_from(octets)  # fmt: skip
    if (
        protocol != 6
        or total != len(octets)
        or fragment & 0xBFFF
        or ip_sum == 0xFFFF
        or tcp_sum == 0xFFFF
        or control & 0x0E00
        or int.from_bytes(octets[:20], "big") % 0xFFFF
    ):
        return None
    number = int.from_bytes(octets[12:], "big")
    if ((number << 8 if total & 1 else number) + total - 14) % 0xFFFF:
        return None
    options: tuple[Option, ...] = ()
    end = 20 + (control >> 12) * 4
    if end != 40:
        if not 40 < end <= total:
            return None
        options = parse_options(octets[40:end], strict=strict, offset=40)
    ip = _new(
        IPv4,
        (text4(src), text4(dst), ttl, tos, ident, fragment >> 13, 0, 6, b"", None, None, None),
    )
    flags = control & 0x1FF
    segment = _new(
        Segment,
        (sport, dport, seq, ack, flags, window, urgent, options, octets[end:], 0, None, None),
    )
    return _new(Datagram, (ip, segment, b""))


def parse_any(octets: bytes, *, strict: bool = False) -> Datagram:
    """`parse` for every datagram, without the short way for the usual one."""
    if not octets:
        raise ParseError("IP version", 0, "4 or 6", "nothing")
    version = octets[0] >> 4
    ip: IPv4 | IPv6
    if version == 4:
        ip, start, end = parse_ipv4(octets, strict=strict)
        known = ip.ihl is None
    elif version == 6:
        ip, start, end = parse_ipv6(octets, strict=strict)
        known = True
    else:
        raise ParseError("IP version", 0, "4 or 6", f"{version}")
    padding = octets[end:]
    if strict and any(padding):
        raise ParseError("padding behind the datagram", end, "zeros", padding.hex())
    body = octets[start:end]
    if not known or ip.is_fragment:
        return Datagram(ip, body, padding)
    return Datagram(ip, _parse_body(ip, body, start, strict=strict), padding)


def _parse_body(
    ip: IPv4 | IPv6, body: bytes, offset: int, *, strict: bool
) -> Segment | Icmp | bytes:
    protocol = ip.upper_protocol
    try:
        if protocol == PROTOCOL_TCP:
            return parse_segment(body, ip.pseudo(PROTOCOL_TCP), strict=strict, offset=offset)
        if protocol == (PROTOCOL_ICMP if ip.version == 4 else PROTOCOL_ICMPV6):
            pseudo = _icmp_pseudo(ip, len(body))
            return parse_icmp(body, pseudo, strict=strict, offset=offset)
    except ParseError:
        if strict:
            raise
    return body


def flow_of(octets: bytes) -> Flow | None:
    """(src, sport, dst, dport) of a TCP segment, without a full parse; None for all else.

    Costs under 1 us. Nothing is verified; fragments and IPv6 behind extension headers give None.
    """
    size = len(octets)
    if size >= 40 and octets[0] >> 4 == 4:
        start = (octets[0] & 0xF) * 4
        if octets[9] != 6 or start < 20 or start + 4 > size or octets[6] & 0x3F or octets[7]:
            return None
        sport, dport = _PORTS.unpack_from(octets, start)
        src = text4(int.from_bytes(octets[12:16], "big"))
        return src, sport, text4(int.from_bytes(octets[16:20], "big")), dport
    if size >= 60 and octets[0] >> 4 == 6 and octets[6] == 6:
        sport, dport = _PORTS.unpack_from(octets, 40)
        return text6(octets[8:24]), sport, text6(octets[24:40]), dport
    return None
