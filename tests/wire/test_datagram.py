"""The codec by example: what None means, what strict refuses, what cannot be built."""

from __future__ import annotations

import pytest

from tcpassay.wire import (
    FIN,
    SYN,
    BuildError,
    Datagram,
    Extension,
    Icmp,
    IPv4,
    IPv6,
    MaximumSegmentSize,
    ParseError,
    Segment,
    build,
    flags_text,
    flags_value,
    flow_of,
    parse,
    parse_segment,
)

P, S = "192.0.2.1", "192.0.2.2"
P6, S6 = "2001:db8::1", "2001:db8::2"
BODY = Segment(5000, 80, 1, 2, 0x18, 1000, options=(MaximumSegmentSize(9),), payload=b"abc")
SOUND = build(Datagram.between(P, S, BODY))
SOUND6 = build(Datagram.between(P6, S6, BODY))


def with_octet(octets: bytes, at: int, value: int) -> bytes:
    changed = bytearray(octets)
    changed[at] = value
    return bytes(changed)


@pytest.mark.parametrize("octets", [SOUND, SOUND6])
def test_sound_fields_that_follow_are_none(octets: bytes) -> None:
    datagram = parse(octets, strict=True)
    assert datagram.body == BODY
    assert BODY.checksum is BODY.data_offset is None
    assert build(datagram) == octets


def test_wrong_values_are_kept() -> None:
    ip = IPv4(P, S, total_length=9999, checksum=1, identification=7)
    body = BODY._replace(checksum=2, reserved=5)
    datagram = Datagram(ip, body)
    assert parse(build(datagram)) == datagram


def test_a_data_offset_behind_the_end_leaves_payload() -> None:
    octets = build(Datagram.between(P, S, Segment(1, 2, 3, 4, 2, 5, payload=b"xyz", data_offset=9)))
    body = parse(octets).body
    assert isinstance(body, Segment)
    assert (body.data_offset, body.options, body.payload) == (9, (), b"xyz")


def test_octets_behind_the_datagram_are_padding() -> None:
    datagram = parse(SOUND + b"\0\0\0")
    assert datagram == Datagram(parse(SOUND).ip, BODY, b"\0\0\0")
    assert parse(SOUND + b"\0\0\0", strict=True) == datagram


@pytest.mark.parametrize(
    ("octets", "field", "offset"),
    [
        (b"", "IP version", 0),
        (b"\x50" * 60, "IP version", 0),
        (SOUND[:19], "IPv4 header", 0),
        (SOUND6[:39], "IPv6 header", 0),
        (SOUND[:-1], "IPv4 total length", 2),
        (SOUND6[:-1], "IPv6 payload length", 4),
        (with_octet(SOUND, 0, 0x44), "IPv4 header length", 0),
        (with_octet(SOUND, 11, SOUND[11] ^ 1), "IPv4 checksum", 10),
        (with_octet(SOUND, 37, SOUND[37] ^ 1), "TCP checksum", 36),
        (with_octet(SOUND6, 57, SOUND6[57] ^ 1), "TCP checksum", 56),
        (SOUND + b"\x01", "padding behind the datagram", len(SOUND)),
        (build(Datagram(IPv4(P, S, flags=4), BODY)), "IPv4 reserved flag", 6),
        (build(Datagram(IPv4(P, S), BODY._replace(reserved=1))), "TCP reserved bits", 32),
        (build(Datagram(IPv4(P, S), BODY._replace(data_offset=4))), "TCP data offset", 32),
        (build(Datagram(IPv4(P, S), b"short")), "TCP header", 20),
        (build(Datagram.between(P, S, Icmp(3, 3, checksum=5))), "ICMP checksum", 22),
        (build(Datagram(IPv4(P, S, protocol=1), b"icmp")), "ICMP header", 20),
        (build(Datagram(IPv6(P6, S6, next_header=60), b"")), "IPv6 extension header 60", 40),
    ],
)
def test_strict_names_field_and_offset(octets: bytes, field: str, offset: int) -> None:
    with pytest.raises(ParseError) as caught:
        parse(octets, strict=True)
    assert (caught.value.field, caught.value.offset) == (field, offset)
    assert str(caught.value) == (
        f"{field} at octet {offset}: wanted {caught.value.want}, got {caught.value.got}"
    )


def test_fragments_stay_octets() -> None:
    first = build(Datagram(IPv4(P, S, flags=1), b"x" * 24))
    later = build(
        Datagram(IPv6(P6, S6, extensions=(Extension(44, bytes(1) + b"\0\x08\0\0\0\1"),)), b"y")
    )
    assert parse(first).body == b"x" * 24
    assert parse(later).body == b"y"
    assert flow_of(first) is flow_of(later) is None


@pytest.mark.parametrize(
    ("datagram", "message"),
    [
        (
            Datagram.between(P, S, BODY._replace(sport=70000)),
            "Segment sport: wanted 16 bits, got 70000",
        ),
        (
            Datagram.between(P, S, BODY._replace(window=-1)),
            "Segment window: wanted 16 bits, got -1",
        ),
        (Datagram(IPv4(P, S, ttl=256), BODY), "IPv4 ttl: wanted 8 bits, got 256"),
        (Datagram(IPv6(P6, S6, hop_limit=256), BODY), "IPv6 hop_limit: wanted 8 bits, got 256"),
        (
            Datagram(IPv4("nowhere", S), BODY),
            "address: wanted an IPv4 or IPv6 address, got 'nowhere'",
        ),
        (Datagram(IPv4(P, S, flags=8), BODY), "IPv4 flags: wanted 3 bits, got 8"),
        (
            Datagram.between(P, S, b"x" * 65536),
            "datagram: wanted octets, numbers and sizes that fit their fields, got",
        ),
        (
            Datagram.between(P, S, BODY._replace(options=(MaximumSegmentSize(1),) * 11)),
            "Segment: wanted a header to 15 words (40 octets of options), reserved to 7, flags",
        ),
        (Datagram.between(P, S, Icmp(300, 0)), "Icmp type: wanted 8 bits, got 300"),
    ],
)
def test_values_that_do_not_fit_are_named(datagram: Datagram, message: str) -> None:
    with pytest.raises(BuildError) as caught:
        build(datagram)
    assert str(caught.value).startswith(message)


def test_an_option_that_does_not_fit_is_named() -> None:
    with pytest.raises(BuildError, match="MaximumSegmentSize"):
        build(Datagram.between(P, S, BODY._replace(options=(MaximumSegmentSize(1 << 16),))))


def test_sequence_numbers_wrap() -> None:
    body = parse(build(Datagram.between(P, S, BODY._replace(seq=2**32 + 5, ack=-1)))).body
    assert isinstance(body, Segment)
    assert (body.seq, body.ack) == (5, 2**32 - 1)


def test_seg_len_counts_data_syn_and_fin() -> None:
    assert BODY._replace(flags=SYN | FIN).seg_len == 5
    assert BODY.seg_len == 3
    assert BODY.has(0x10)
    assert not BODY.has(SYN | 0x10)


def test_flags_as_letters() -> None:
    assert flags_text(0x12) == "SA"
    assert flags_text(0x1FF) == "FSRPAUECN"
    assert flags_value("AS") == 0x12
    with pytest.raises(BuildError, match="flags"):
        flags_value("X")


@pytest.mark.parametrize("octets", [SOUND, SOUND6])
def test_flow_of(octets: bytes) -> None:
    ip = parse(octets).ip
    assert flow_of(octets) == (ip.src, 5000, ip.dst, 80)


def test_flow_of_other_octets_is_none() -> None:
    icmp = build(Datagram.between(P, S, Icmp(8, 0, data=bytes(20))))
    assert [flow_of(o) for o in (b"", SOUND[:30], icmp, b"\x00" * 60)] == [None] * 4


def test_a_lone_segment_keeps_its_checksum() -> None:
    assert parse_segment(SOUND[20:]).checksum == int.from_bytes(SOUND[36:38], "big")


def test_a_checksum_of_ones_where_zero_is_right_is_kept() -> None:
    """RFC 1071: both are zero in one's complement; strict takes it, the octets stay."""
    base = Datagram.between(P, S, Segment(1, 2, 0, 0, 2, 0))
    whole = next(
        octets
        for window in range(65536)
        if (octets := build(base._replace(body=Segment(1, 2, 0, 0, 2, window))))[36:38] == b"\0\0"
    )
    ones = whole[:36] + b"\xff\xff" + whole[38:]
    assert build(parse(ones)) == ones
    assert build(parse(ones, strict=True)) == ones


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (b"", S),
        (b"\x83\x07\x04\xc0\x00\x02\x09\x00", "192.0.2.9"),
        (b"\x01\x89\x0b\x08\xc0\x00\x02\x09\xc0\x00\x02\x0a", "192.0.2.10"),
        (b"\x83\x07\x08\xc0\x00\x02\x09\x00", S),
        (b"\x07\x07\x04\xc0\x00\x02\x09\x00", S),
        (b"\x83\x00\x04\xc0", S),
        (b"\x00\x83\x07\x04\xc0\x00\x02\x09", S),
    ],
)
def test_destination_is_where_a_source_route_ends(options: bytes, wanted: str) -> None:
    """No route, one on its way, one that has ended, no route at all; the sum counts that host."""
    ip = IPv4(src=P, dst=S, options=options)
    assert ip.destination == wanted
    octets = build(Datagram(ip, BODY))
    bare = build(Datagram(IPv4(src=P, dst=wanted), BODY))
    assert octets[20 + len(options) :] == bare[20:]
    body = parse(octets).body
    assert isinstance(body, Segment)
    assert body.checksum is None
