"""The octets of any segment step: of either IP version, and wrong wherever a flaw says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.cases.steps import LearnedCookie, peer_text
from tcpassay.wire import (
    SYN,
    Datagram,
    FastOpen,
    IPv4,
    IPv6,
    Sack,
    Segment,
    Timestamps,
    build,
)

if TYPE_CHECKING:
    from tcpassay.fuzz.cases.octets import Ends
    from tcpassay.fuzz.cases.steps import Send
    from tcpassay.wire import Option

_MASK = 0xFFFFFFFF
#: Options with numbers that count from where a side has started.
RELATIVE = (Timestamps, Sack, LearnedCookie)


def any_segment_octets(step: Send, ends: Ends) -> bytes:
    """The datagram of any segment, of whatever IP version and with whatever flaws: 10 us and more.

    Raises BuildError for a value that its field cannot hold.
    """
    _, flags, seq, ack, window, data, options, urgent, flaws = step
    first = seq + 1 if flags & SYN else seq
    segment = Segment(
        ends.remote[1],
        ends.local[1],
        (ends.peer_iss + seq) & _MASK,
        0 if ack is None else (ends.stack_iss + ack) & _MASK,
        flags,
        window,
        urgent,
        absolute(options, ends) if options else (),
        peer_text(first, data) if data else b"",
    )
    if flaws:
        return _flawed(segment, ends, dict(flaws))
    return build(Datagram(ends.ip, segment))


def absolute(options: tuple[Option | LearnedCookie, ...], ends: Ends) -> tuple[Option, ...]:
    """Options in the numbers of a connection."""
    return tuple(
        _one_absolute(option, ends) if isinstance(option, RELATIVE) else option
        for option in options
    )


def _one_absolute(option: Timestamps | Sack | LearnedCookie, ends: Ends) -> Option:
    match option:
        case Timestamps(tsval, tsecr):
            return Timestamps((ends.peer_stamp + tsval) & _MASK, (ends.stack_stamp + tsecr) & _MASK)
        case Sack(blocks):
            iss = ends.stack_iss
            return Sack(tuple(((iss + a) & _MASK, (iss + b) & _MASK) for a, b in blocks))
        case LearnedCookie(flip):
            return FastOpen(bytes(octet ^ flip for octet in ends.cookie))


def _flawed(segment: Segment, ends: Ends, flaws: dict[str, int]) -> bytes:
    if "text" in flaws:
        changed = bytes(octet ^ (flaws["text"] & 0xFF) for octet in segment.payload)
        segment = segment._replace(payload=changed)
    segment = segment._replace(
        sport=(segment.sport + flaws.get("sport", 0)) & 0xFFFF,
        dport=(segment.dport + flaws.get("dport", 0)) & 0xFFFF,
        reserved=flaws.get("reserved", 0) & 7,
        ack=flaws.get("ack_field", segment.ack) & _MASK,
    )
    ip = _flawed_header(ends, flaws)
    right = build(Datagram(ip, segment))
    if flaws.keys() & {"checksum", "data_offset", "total_length", "ip_checksum", "ihl"}:
        right = _with_wrong_sums(right, ip, segment, flaws)
    octets = bytearray(right)
    if "version" in flaws:
        octets[0] = (flaws["version"] & 15) << 4 | octets[0] & 15
    cut = flaws.get("cut", 0)
    return bytes(octets[: max(1, len(octets) - cut)]) + bytes(flaws.get("pad", 0))


def _flawed_header(ends: Ends, flaws: dict[str, int]) -> IPv4 | IPv6:
    ip = ends.ip
    src = ip.src
    if "src" in flaws:
        src = _nobodys(ip.dst, flaws["src"], six=isinstance(ip, IPv6))
    if isinstance(ip, IPv6):
        return ip._replace(
            src=src,
            hop_limit=flaws.get("ttl", ip.hop_limit) & 0xFF,
            traffic_class=flaws.get("tos", 0) & 0xFF,
            next_header=flaws.get("protocol", 6) & 0xFF,
        )
    return ip._replace(
        src=src,
        ttl=flaws.get("ttl", ip.ttl) & 0xFF,
        tos=flaws.get("tos", ip.tos) & 0xFF,
        flags=flaws.get("ip_flags", ip.flags) & 7,
        fragment_offset=flaws.get("fragment_offset", 0) & 0x1FFF,
        protocol=flaws.get("protocol", 6) & 0xFF,
    )


def _nobodys(own: str, which: int, *, six: bool) -> str:
    choices = ("ff02::1", "::1", "::") if six else ("224.0.0.1", "127.0.0.1", "0.0.0.0")  # noqa: S104 - sent, not bound
    return own if which == 1 else choices[which % len(choices)]


def _with_wrong_sums(
    right: bytes, ip: IPv4 | IPv6, segment: Segment, flaws: dict[str, int]
) -> bytes:
    """Wrong data offset first, with a checksum that is right for it unless that is wrong too."""
    if "data_offset" in flaws:
        segment = segment._replace(data_offset=flaws["data_offset"] & 15)
        right = build(Datagram(ip, segment))
    if "checksum" in flaws:
        start = _SIX_HEADER if isinstance(ip, IPv6) else _FOUR_HEADER
        sound = int.from_bytes(right[start + 16 : start + 18], "big")
        segment = segment._replace(checksum=(sound + flaws["checksum"]) & 0xFFFF)
    if isinstance(ip, IPv6):
        length = len(right) - _SIX_HEADER
        if "total_length" in flaws:
            ip = ip._replace(payload_length=(length + flaws["total_length"]) & 0xFFFF)
        return build(Datagram(ip, segment))
    if "ihl" in flaws:
        ip = ip._replace(ihl=flaws["ihl"] & 15)
    if "total_length" in flaws:
        ip = ip._replace(total_length=(len(right) + flaws["total_length"]) & 0xFFFF)
    if "ip_checksum" in flaws:
        sum_ = int.from_bytes(build(Datagram(ip, segment))[10:12], "big")
        ip = ip._replace(checksum=(sum_ + flaws["ip_checksum"]) & 0xFFFF)
    return build(Datagram(ip, segment))


_FOUR_HEADER, _SIX_HEADER = 20, 40
