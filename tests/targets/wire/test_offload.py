"""What a network card leaves undone is done as it would have done it."""

from __future__ import annotations

import struct

import pytest

from tcpassay.targets.wire.offload import WHOLE, as_on_the_wire
from tcpassay.wire import (
    ACK,
    CWR,
    FIN,
    NOP,
    PSH,
    Datagram,
    IPv4,
    IPv6,
    Segment,
    Timestamps,
    build,
    parse,
)

ENDS: dict[int, IPv4 | IPv6] = {
    4: IPv4("192.0.2.1", "192.0.2.2", identification=0xFFFF, protocol=6),
    6: IPv6("2001:db8::1", "2001:db8::2", next_header=6),
}
IP_HEADER = {4: 20, 6: 40}
FRAME = bytes(14)
STAMPS = (NOP, NOP, Timestamps(5, 6))


def segment(seq: int, flags: int, payload: bytes) -> Segment:
    return Segment(7, 40000, seq, 77, flags, 500, options=STAMPS, payload=payload)


@pytest.mark.parametrize("ip", [4, 6])
def test_large_segment_is_cut(ip: int) -> None:
    """2,500 octets in pieces of 1,000 across sequence number zero; what three sends would be."""
    text = bytes(range(250)) * 10
    start = 2**32 - 1500
    whole = build(Datagram(ENDS[ip], segment(start, ACK | PSH | FIN | CWR, text)))
    header = struct.pack("=BBHHHH", 1, 1 if ip == 4 else 4, 0, 1000, 34, 16)
    pieces = [parse(octets, strict=True) for octets in as_on_the_wire(header + FRAME + whole, 14)]
    wanted = [
        segment(start, ACK | CWR, text[:1000]),
        segment(start + 1000, ACK, text[1000:2000]),
        segment((start + 2000) % 2**32, ACK | PSH | FIN, text[2000:]),
    ]
    assert [piece.body for piece in pieces] == wanted
    if ip == 4:
        assert [p.ip.identification for p in pieces if isinstance(p.ip, IPv4)] == [0xFFFF, 0, 1]


@pytest.mark.parametrize("ip", [4, 6])
def test_missing_checksum_is_filled_in(ip: int) -> None:
    """The field holds the sum of the pseudo-header; afterwards it is right."""
    right = build(Datagram(ENDS[ip], segment(1, ACK, b"text")))
    start = IP_HEADER[ip]
    ends = right[12:20] if ip == 4 else right[8:40]
    pseudo = sum(struct.unpack(f">{len(ends) // 2}H", ends)) + 6 + len(right) - start
    folded = pseudo % 0xFFFF
    unfinished = bytearray(right)
    unfinished[start + 16 : start + 18] = folded.to_bytes(2, "big")
    header = struct.pack("=BBHHHH", 1, 0, 0, 0, start + 14, 16)
    assert as_on_the_wire(header + FRAME + unfinished, 14) == [right]


def test_wrong_checksum_stays_wrong() -> None:
    """A whole frame is not touched: a stack's own mistake has to be seen."""
    octets = bytearray(build(Datagram(ENDS[4], segment(1, ACK, b"text"))))
    octets[-1] ^= 1
    assert as_on_the_wire(WHOLE + octets, 0) == [bytes(octets)]


@pytest.mark.parametrize("ip", [4, 6])
def test_padding_is_cut_off(ip: int) -> None:
    """A frame of the least size; the datagram without the zeros behind it."""
    octets = build(Datagram(ENDS[ip], segment(1, ACK, b"")))
    assert as_on_the_wire(WHOLE + FRAME + octets + bytes(6), 14) == [octets]
