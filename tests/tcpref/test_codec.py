"""Octets in and out: headers, checksums, options, sequence numbers, reassembly."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpref import seq
from tcpref.assay import open_stack
from tcpref.checksum import checksum, remainder
from tcpref.ipv4 import build_ipv4, from_text, parse_ipv4, to_text
from tcpref.isn import initial_sequence_number
from tcpref.options import parse_options
from tcpref.reassembly import Reassembly
from tcpref.segment import SYN, build_segment, parse_segment

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

NUMBERS = st.integers(0, 2**32 - 1)
HERE, THERE = b"\xc0\0\2\1", b"\xc0\0\2\2"


@given(NUMBERS, st.integers(1, 2**31 - 1))
def test_order_on_the_circle(number: int, ahead: int) -> None:
    later = seq.add(number, ahead)
    assert seq.distance(later, number) == ahead
    assert seq.after(later, number)
    assert seq.before(number, later)
    assert not seq.after(number, later)
    assert seq.within(later, number, ahead + 1)
    assert not seq.within(later, number, ahead)


@given(st.binary(max_size=80))
def test_checksum_makes_the_sum_whole(octets: bytes) -> None:
    even = octets + b"\0" * (len(octets) % 2)
    field = checksum(remainder(octets)).to_bytes(2, "big")
    assert remainder(even + field) == 0


@given(NUMBERS, NUMBERS, st.integers(0, 63), st.binary(max_size=60))
def test_segment_survives_the_wire(number: int, ack: int, flags: int, payload: bytes) -> None:
    datagram = build_segment(
        HERE, THERE, 1, 2, seq=number, ack=ack, flags=flags, wnd=99, payload=payload
    )
    packet = parse_ipv4(datagram + b"padding")
    assert packet is not None
    segment = parse_segment(packet.src, packet.dst, packet.payload)
    assert segment is not None
    assert segment[:8] == (HERE, THERE, 1, 2, number, ack, flags, 99)
    assert segment.payload == payload


@given(st.binary(max_size=40))
def test_any_options_are_survived(octets: bytes) -> None:
    assert parse_options(octets).mss in {None, *range(65536)}


@pytest.mark.parametrize(
    ("octets", "mss"),
    [
        (b"\2\4\5\xb4", 1460),
        (b"\1\1\2\4\5\xb4\0\2\4\0\1", 1460),
        (b"\xfd\3x\2\4\5\xb4", 1460),
        (b"\xfd\0\2\4\5\xb4", None),
        (b"\2\3\5\2\4\5\xb4", 1460),
        (b"\2\4\5", None),
        (b"\2", None),
        (b"\0\2\4\5\xb4", None),
    ],
)
def test_options(octets: bytes, mss: int | None) -> None:
    assert parse_options(octets).mss == mss


def test_damaged_datagrams_are_dropped(host: Host) -> None:
    host.listen()
    good = build_segment(THERE, HERE, 4000, 80, seq=5, ack=0, flags=SYN, wnd=1, payload=b"odd")
    for position in range(len(good)):
        for bit in (0x01, 0x80):
            bad = bytearray(good)
            bad[position] ^= bit
            host.assay.on_datagram(bytes(bad), 0)
    harmless = {segment.flags for segment in host.take()}
    assert harmless == set()
    host.assay.on_datagram(good, 0)
    assert host.only().ack == 6


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("192.0.2.2", "192.0.2.255"),
        ("192.0.2.2", "255.255.255.255"),
        ("192.0.2.2", "224.0.0.1"),
        ("192.0.2.2", "192.0.2.77"),
        ("0.0.0.0", "192.0.2.1"),  # noqa: S104 - an invalid source
        ("127.0.0.1", "192.0.2.1"),
        ("224.0.0.1", "192.0.2.1"),
        ("255.255.255.255", "192.0.2.1"),
        ("192.0.2.255", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.3", "192.0.2.1"),
    ],
)
def test_wrong_addresses_are_dropped_in_silence(host: Host, source: str, target: str) -> None:
    host.listen()
    src, dst = from_text(source), from_text(target)
    assert src is not None
    assert dst is not None
    host.assay.on_datagram(build_segment(src, dst, 9, 80, seq=1, ack=0, flags=SYN, wnd=1), 0)
    assert host.take() == []


def test_ip_options_are_skipped_and_fragments_dropped(host: Host) -> None:
    host.listen()
    plain = build_segment(THERE, HERE, 4000, 80, seq=5, ack=0, flags=SYN, wnd=1)
    header = bytearray(plain[:20] + b"\1\1\1\0")
    header[0] = 0x46
    header[2:4] = (len(plain) + 4).to_bytes(2, "big")
    header[10:12] = bytes(2)
    header[10:12] = checksum(remainder(bytes(header))).to_bytes(2, "big")
    host.assay.on_datagram(bytes(header) + plain[20:], 0)
    assert host.only().ack == 6
    fragment = bytearray(plain)
    fragment[6:8] = b"\x20\0"
    fragment[10:12] = bytes(2)
    fragment[10:12] = checksum(remainder(bytes(fragment[:20]))).to_bytes(2, "big")
    host.assay.on_datagram(bytes(fragment), 0)
    assert host.take() == []


def test_sent_datagrams_do_not_fragment() -> None:
    datagram = build_ipv4(HERE, THERE, 6, b"x")
    assert (datagram[6:8], datagram[8]) == (b"\x40\0", 64)
    assert to_text(datagram[12:16]) == "192.0.2.1"


@given(st.randoms(use_true_random=False), st.integers(0, 2**32 - 1))
def test_reassembly_gives_the_stream_whatever_the_order(random: Random, start: int) -> None:
    stream = random.randbytes(60)
    queue = Reassembly(limit=100)
    cuts = [(a, a + random.randrange(1, 20)) for a in (random.randrange(60) for _ in range(12))]
    cuts += [(a, a + 6) for a in range(0, 60, 6)]
    random.shuffle(cuts)
    taken = b""
    for left, right in cuts:
        if right > len(taken):
            from_here = max(left, len(taken))
            queue.insert(seq.add(start, from_here), stream[from_here:right])
        taken += queue.take(seq.add(start, len(taken)))
    assert taken == stream
    assert not queue
    assert queue.octets() == 0


def test_first_copy_of_an_octet_stays() -> None:
    queue = Reassembly(limit=10)
    queue.insert(5, b"BBBB")
    queue.insert(3, b"aaaaaaaa")
    assert queue.take(3) == b"aaBBBBaa"


def test_reassembly_is_bounded() -> None:
    queue = Reassembly(limit=3)
    for place in range(2, 40, 2):
        queue.insert(place, b"x")
        assert queue.take(0) == b""
    assert queue.octets() == 3


def test_isn_grows_with_time_and_differs_by_ends() -> None:
    key = (HERE, 80, THERE, 4000)
    first = initial_sequence_number(b"secret", key, 0)
    assert seq.distance(initial_sequence_number(b"secret", key, 1_000_000_000), first) == 250_000
    other = initial_sequence_number(b"secret", (HERE, 80, THERE, 4001), 0)
    assert abs(seq.distance(other, first)) > 1000
    assert initial_sequence_number(b"another", key, 0) != first


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"settings": {"msl": 5}}, ["'msl'", "'msl_s'"]),
        ({"settings": {"msl_s": "5"}}, ["'msl_s'", "int", "'5'"]),
        ({"settings": {"msl_s": True}}, ["'msl_s'", "int"]),
        ({"settings": {"mtu": -1}}, ["'mtu'", "-1"]),
        ({"settings": {"mtu": 70_000}}, ["'mtu'", "65535"]),
        ({"settings": {"rto_max_ms": 0}}, ["'rto_max_ms'", "1 or more"]),
        ({"settings": {"syn_queue": -1}}, ["'syn_queue'", "0 or more"]),
        ({"addresses": []}, ["addresses"]),
        ({"addresses": ["fe80::x"]}, ["'fe80::x'", "IPv6"]),
        ({"seed": "x"}, ["seed"]),
    ],
)
def test_wrong_config_is_told_in_one_line(config: dict[str, object], words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as raised:
        open_stack(config)
    assert all(word in str(raised.value) for word in words)
