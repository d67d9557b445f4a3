"""A TCP segment (RFC 9293, 3.1) and its octets."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from tcpassay.wire.checksum import checksum_of, words
from tcpassay.wire.errors import BuildError, ParseError
from tcpassay.wire.options import Option, encode_options, parse_options

PROTOCOL_TCP = 6
HEADER_SIZE = 20

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE = (1 << bit for bit in range(9))
_LETTERS = "FSRPAUECN"
_VALUES = {letter: 1 << bit for bit, letter in enumerate(_LETTERS)}

_FITS = "a header to 15 words (40 octets of options), reserved to 7, flags to 0x1ff"
_HEADER = Struct("!HHIIHHHH")


def flags_text(flags: int) -> str:
    """Flags as letters in the order FSRPAUECN: SYN and ACK are "SA"."""
    return "".join([letter for bit, letter in enumerate(_LETTERS) if flags >> bit & 1])


def flags_value(text: str) -> int:
    """Flags from letters in any order; raises BuildError for another letter."""
    value = 0
    for letter in text:
        if letter not in _VALUES:
            raise BuildError("flags", f"letters of {_LETTERS}", repr(text))
        value |= _VALUES[letter]
    return value


class Segment(NamedTuple):
    """One segment. Sequence numbers modulo 2^32, `window` as on the wire (not scaled).

    None in `data_offset` (32-bit words) or `checksum` stands for the right value: build computes
    it, and parse leaves None where the octets hold it.
    """

    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    window: int
    urgent: int = 0
    options: tuple[Option, ...] = ()
    payload: bytes = b""
    reserved: int = 0
    data_offset: int | None = None
    checksum: int | None = None

    @property
    def seg_len(self) -> int:
        """SEG.LEN: octets of data, and one each for SYN and FIN (RFC 9293, 3.4)."""
        return len(self.payload) + (self.flags & FIN) + (self.flags >> 1 & 1)

    def has(self, flags: int) -> bool:
        """Whether every one of these flags is set."""
        return self.flags & flags == flags


def build_segment(segment: Segment, pseudo: int) -> bytes:
    """The octets of `segment`; `pseudo` is `checksum.pseudo_header`. Costs about 1 us.

    Raises BuildError or struct.error for a value that does not fit.
    """
    sport, dport, seq, ack, flags, window, urgent, options, payload, reserved, words32, given = (
        segment
    )
    seq &= 0xFFFFFFFF
    ack &= 0xFFFFFFFF
    area = encode_options(options) if options else b""
    if words32 is None:
        words32 = 5 + (len(area) >> 2)
    if words32 > 15 or reserved > 7 or flags > 0x1FF:
        raise BuildError("Segment", _FITS, f"{words32} words, {reserved}, {flags:#x}")
    control = words32 << 12 | reserved << 9 | flags
    if given is None:
        given = checksum_of(
            pseudo
            + HEADER_SIZE
            + len(area)
            + len(payload)
            + sport
            + dport
            + seq
            + ack
            + control
            + window
            + urgent
            + words(area)
            + words(payload)
        )
    header = _HEADER.pack(sport, dport, seq, ack, control, window, given, urgent)
    return header + area + payload if area else header + payload


def parse_segment(
    octets: bytes, pseudo: int | None = None, *, strict: bool = False, offset: int = 0
) -> Segment:
    """The segment in `octets`; `pseudo` None leaves the checksum unjudged and explicit.

    A data offset below 5 or behind the segment's end leaves no options: all is payload. Raises
    ParseError for less than 20 octets; strict, also for a wrong checksum, data offset, reserved
    bits or options. `offset` is the segment's place in the datagram.
    """
    size = len(octets)
    if size < HEADER_SIZE:
        raise ParseError("TCP header", offset, "20 octets", f"{size}")
    sport, dport, seq, ack, control, window, checksum, urgent = _HEADER.unpack_from(octets)
    given: int | None = checksum
    if pseudo is not None:
        excess = (pseudo + size + words(octets)) % 0xFFFF
        if not excess and checksum != 0xFFFF:
            given = None
        elif strict and excess:
            right = checksum_of(0xFFFF + excess - checksum)
            raise ParseError("TCP checksum", offset + 16, f"{right:#06x}", f"{checksum:#06x}")
    reserved = control >> 9 & 7
    words32: int | None = control >> 12
    end = (control >> 12) * 4
    if strict and reserved:
        raise ParseError("TCP reserved bits", offset + 12, "0", f"{reserved}")
    options: tuple[Option, ...] = ()
    if HEADER_SIZE <= end <= size:
        words32 = None
        if end > HEADER_SIZE:
            area = octets[HEADER_SIZE:end]
            options = parse_options(area, strict=strict, offset=offset + HEADER_SIZE)
    elif strict:
        raise ParseError("TCP data offset", offset + 12, f"5 to {size // 4}", f"{end // 4}")
    else:
        end = HEADER_SIZE
    return Segment(
        sport,
        dport,
        seq,
        ack,
        control & 0x1FF,
        window,
        urgent,
        options,
        octets[end:],
        reserved,
        words32,
        given,
    )
