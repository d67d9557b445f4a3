"""Segments read quickly: the fields of right datagrams, and None for all others."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from tcpassay.model.oracle.headers import no_option
from tcpassay.model.rules.sack import blocks_of
from tcpassay.wire import (
    EndOfList,
    FastOpen,
    MaximumSegmentSize,
    ParseError,
    Segment,
    Timestamps,
    WindowScale,
    parse,
)
from tcpassay.wire.options import parse_options

#: What is looked at of both headers of IPv4: length, fragment, protocol, and from SEG.SEQ on.
_FOUR = Struct("!BxH2xHxB2x12sIIHHH").unpack_from
_TCP4 = Struct("!20xHHIIHHHH").unpack_from
_TCP6 = Struct("!40xHHIIHHHH").unpack_from
_STAMPS = Struct("!II").unpack_from
_PORTS = Struct("!HH").unpack_from

#: Kinds of the options of RFC 2385 and RFC 5925.
_SIGNATURES = frozenset({19, 29})
#: NOP, NOP, Timestamps: as nearly every stack has them.
_USUAL = b"\1\1\x08\x0a"

#: key, SEG.SEQ, SEG.ACK, flags, window, octets of text, where they start, where options start.
Fields = tuple[bytes, int, int, int, int, int, int, int]


class Options(NamedTuple):
    """What of a segment's options matters here.

    `stamps` are TSval and TSecr of the first such option, `twice` says that there is another;
    `signed` that the segment carries a signature, `odd` that it ends in what
    cannot be read, or in padding that is not of zeros. `blocks` are those of SACK.
    """

    mss: int | None = None
    scale: int | None = None
    stamps: tuple[int, int] | None = None
    cookie: bool = False
    signed: bool = False
    twice: bool = False
    odd: bool = False
    blocks: tuple[tuple[int, int], ...] = ()


NO_OPTIONS = Options()


def fields(octets: bytes, *, strict: bool) -> Fields | None:
    """The fields of a TCP segment whose lengths and checksums are right; costs about 1 us.

    The key is source, destination and ports as they stand in the datagram. `strict` looks at the
    checksum of the IPv4 header too.
    """
    size = len(octets)
    if size < 40:
        return None
    version, total, fragment, protocol, key, seq, ack, control, window, given = _FOUR(octets)
    if version == 0x45:
        if protocol != 6 or total != size or fragment & 0xBFFF or given == 0xFFFF:
            return None
        number = int.from_bytes(octets[12:], "big")
        if ((number << 8 if size & 1 else number) + size - 14) % 0xFFFF:
            return None
        if strict and int.from_bytes(octets[:20], "big") % 0xFFFF:
            return None
        if control & 0xF000 == 0x5000:
            return key, seq, ack, control & 0xFFF, window, size - 40, 40, 40
        start = 40
    elif version >> 4 == 6 and size >= 60 and octets[6] == 6:
        if octets[4] << 8 | octets[5] != size - 40:
            return None
        number = int.from_bytes(octets[8:], "big")
        if ((number << 8 if size & 1 else number) + size - 34) % 0xFFFF:
            return None
        _, _, seq, ack, control, window, given, _ = _TCP6(octets)
        start, key = 60, octets[8:44]
    else:
        return None
    end = start - 20 + (control >> 12) * 4
    if end < start or end > size or given == 0xFFFF:
        return None
    return key, seq, ack, control & 0xFFF, window, size - end, end, start


def unchecked(octets: bytes) -> Fields:
    """The fields of a segment behind a plain header, whatever its sums and padding."""
    if octets[0] >> 4 == 4:
        size, start, key = octets[2] << 8 | octets[3], 40, octets[12:24]
        _, _, seq, ack, control, window, _, _ = _TCP4(octets)
    else:
        size, start, key = 40 + (octets[4] << 8 | octets[5]), 60, octets[8:44]
        _, _, seq, ack, control, window, _, _ = _TCP6(octets)
    end = start - 20 + (control >> 12) * 4
    return key, seq, ack, control & 0xFFF, window, min(size, len(octets)) - end, end, start


_known: dict[bytes, Options] = {}


def options_of(octets: bytes) -> Options:
    """What an options area says."""
    if len(octets) == 12 and octets.startswith(_USUAL):
        return Options(stamps=_STAMPS(octets, 4))
    known = _known.get(octets)
    if known is None:
        known = _read(octets)
        if len(_known) < 4096:
            _known[octets] = known
    return known


def _read(octets: bytes) -> Options:
    options = parse_options(octets)
    found = Options(blocks=blocks_of(options))
    for option in options:
        if isinstance(option, MaximumSegmentSize):
            found = found._replace(mss=option.value)
        elif isinstance(option, WindowScale):
            found = found._replace(scale=option.shift)
        elif isinstance(option, Timestamps):
            if found.stamps is None:
                found = found._replace(stamps=(option.tsval, option.tsecr))
            else:
                found = found._replace(twice=True)
        elif isinstance(option, FastOpen):
            found = found._replace(cookie=True)
        elif isinstance(option, EndOfList):
            found = found._replace(odd=any(option.trailer))
        elif no_option(option):
            found = found._replace(odd=True)
        elif option.kind in _SIGNATURES:
            found = found._replace(signed=True)
    return found


def whole(octets: bytes, found: Fields) -> Segment | None:
    """The segment of these fields as `wire` has it.

    What `fields` has read and is without options needs no second look.
    """
    key, seq, ack, control, window, size, end, start = found
    if start == end and control <= 0x1FF and len(octets) == end + size:
        sport, dport = _PORTS(key, len(key) - 4)
        urgent = octets[end - 2] << 8 | octets[end - 1]
        return Segment(sport, dport, seq, ack, control, window, urgent, (), octets[end:])
    try:
        body = parse(octets).body
    except ParseError:
        return None
    return body if isinstance(body, Segment) else None
