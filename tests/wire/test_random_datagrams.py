"""A hundred thousand random and damaged datagrams."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tcpassay.core.trace import Trace
from tcpassay.wire import (
    NOP,
    Datagram,
    Extension,
    IPv4,
    IPv6,
    MaximumSegmentSize,
    ParseError,
    Sack,
    SackPermitted,
    Segment,
    Timestamps,
    WindowScale,
    build,
    destination_unreachable,
    flow_of,
    packet_too_big,
    parse,
)
from tcpassay.wire.datagram import parse_any
from tcpassay.wire.notation import lines
from tcpassay.wire.tracefile import dumps, loads

if TYPE_CHECKING:
    from tcpassay.core.trace import Kind

COUNT = 100_000
OPTIONS = (MaximumSegmentSize(1460), SackPermitted(), Timestamps(1, 0), NOP, WindowScale(7))
SYN = Segment(5000, 80, 7, 0, 2, 65535, options=OPTIONS)
DATA = Segment(5000, 80, 8, 9, 0x18, 65535, options=(Sack(((1, 2), (3, 4))),), payload=b"payload")
PLAIN = Segment(5000, 80, 8, 9, 0x10, 65535)


def sound() -> list[bytes]:
    """One datagram of each make."""
    four, six = ("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")
    whole = [build(Datagram.between(*ends, s)) for ends in (four, six) for s in (SYN, DATA, PLAIN)]
    extensions = (
        Extension(0, bytes(6)),
        Extension(44, b"\0\0\0\0\0\0\x07"),
        Extension(60, bytes(6)),
    )
    return [
        *whole,
        build(Datagram(IPv4(*four, options=b"\x01" * 8), DATA)),
        build(Datagram(IPv6(*six, extensions=extensions), DATA)),
        build(Datagram.between(*four, destination_unreachable(4, 3, whole[0]))),
        build(Datagram.between(*six, packet_too_big(6, 1280, whole[3]))),
    ]


def damaged(source: random.Random, makes: list[bytes]) -> bytes:
    """A sound datagram with up to three bits flipped, perhaps cut short, or random octets."""
    if source.random() < 0.7:
        octets = bytearray(source.choice(makes))
    else:
        octets = bytearray(source.randbytes(source.randrange(100)))
        octets[:1] = source.choice((b"\x45", b"\x46", b"\x60", b"", b"\x4f"))
    for _ in range(source.randrange(4)):
        if octets:
            octets[source.randrange(len(octets))] ^= 1 << source.randrange(8)
    if source.random() < 0.3:
        del octets[source.randrange(len(octets) + 1) :]
    return bytes(octets)


def test_lenient_parse_keeps_every_octet() -> None:
    source = random.Random(9293)
    makes = sound()
    kept = 0
    for _ in range(COUNT):
        octets = damaged(source, makes)
        try:
            datagram = parse(octets)
        except ParseError:
            continue
        kept += 1
        if build(datagram) != octets:
            raise AssertionError(octets.hex())
    assert kept > COUNT * 6 // 10


def test_strict_parse_raises_only_parse_errors_and_agrees_with_lenient() -> None:
    source = random.Random(791)
    makes = sound()
    taken = 0
    refused: set[str] = set()
    for _ in range(COUNT // 5):
        octets = damaged(source, makes)
        try:
            datagram = parse(octets, strict=True)
        except ParseError as error:
            refused.add(error.field)
            if not 0 <= error.offset <= len(octets):
                raise
            continue
        taken += 1
        assert parse(octets) == datagram
    assert taken > 1000
    assert len(refused) > 15


def test_the_short_way_and_the_long_way_agree() -> None:
    source = random.Random(1071)
    makes = sound()
    for _ in range(COUNT // 5):
        octets = damaged(source, makes)
        try:
            datagram = parse(octets)
        except ParseError:
            assert flow_of(octets) is None
            continue
        assert parse_any(octets) == datagram
        flow = flow_of(octets)
        if flow is not None and isinstance(datagram.body, Segment):
            ip, body = datagram.ip, datagram.body
            assert flow == (ip.src, body.sport, ip.dst, body.dport)


def test_traces_of_damaged_datagrams_are_written_and_read() -> None:
    source = random.Random(7323)
    makes = sound()
    trace = Trace(stack_addresses=("192.0.2.2", "2001:db8::2"))
    for _ in range(3000):
        kind: Kind = "send" if source.random() < 0.5 else "receive"
        trace.append(0, kind, damaged(source, makes))
    assert list(loads(dumps(trace)).trace) == list(trace)
    written = lines(trace)
    assert len(written) == len(trace)
    assert all(line.isprintable() for line in written)
    assert not [line for line in written if "Error" in line]
