"""IPv4 options, odd headers, and the ICMP errors that tell of them."""

from __future__ import annotations

from typing import Any

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.packet import Packet, Raw

from tcpref.assay import Assay, open_stack
from tcpref.checksum import remainder

HERE, THERE = "192.0.2.1", "192.0.2.2"


def opened(**settings: object) -> Assay:
    """A stack that listens on port 80."""
    assay = open_stack({"seed": 1, "addresses": [HERE], "settings": settings})
    made = ("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0)
    assay.call(1, 0, "socket", made, 0)
    assay.call(2, 0, "bind", (("fd", 3), ("address", ("0.0.0.0", 80))), 0)  # noqa: S104 - inside
    assay.call(3, 0, "listen", (("fd", 3), ("length", 5)), 0)
    assay.take_output()
    return assay


def answers(assay: Assay, datagram: Packet | bytes, now: int = 0) -> list[IP]:
    """What the stack sends when a datagram comes, checksums verified."""
    assay.on_datagram(bytes(datagram), now)
    sent = [event[1] for event in assay.take_output() if event[0] == "datagram"]
    packets = []
    for octets in sent:
        assert isinstance(octets, bytes)
        packet = IP(octets)
        if ICMP in packet:
            assert remainder(octets[20:]) == 0
        packets.append(packet)
    return packets


def syn(**fields: Any) -> Packet:
    """A SYN whose IP header has these fields."""
    return IP(src=THERE, dst=HERE, **fields) / TCP(sport=4000, dport=80, flags="S", seq=5)


@pytest.mark.parametrize(
    "options",
    [
        b"\x01\x01\x01\x00",
        b"\x94\x04\x00\x00",  # router alert
        b"\x07\x07\x04\x00\x00\x00\x00\x00",  # record route
        b"\x44\x0c\x05\x00" + bytes(8),  # timestamp
        b"\x1e\x04\xaa\xbb",  # unknown
        b"\x00\xff\xff\xff",  # nothing counts behind the end of the list
    ],
)
def test_options_are_skipped(options: bytes) -> None:
    """RFC 9293, MUST-50."""
    (answer,) = answers(opened(), with_options(options))
    assert (answer[TCP].flags, answer.ihl) == ("SA", 5)


def with_options(options: bytes) -> bytes:
    """A SYN with these octets as IP options."""
    whole = bytes(syn(ihl=5 + len(options) // 4, len=40 + len(options), chksum=0))
    header = whole[:20] + options
    total = (-remainder(header) % 65535).to_bytes(2, "big")
    return header[:10] + total + header[12:] + whole[20:]


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        (b"\x94\x00\x00\x00", 20),
        (b"\x01\x94\x01\x00", 21),
        (b"\x1e\x09" + bytes(6), 20),
        (b"\x01\x01\x01\x1e", 23),
    ],
)
def test_impossible_option_is_told(options: bytes, pointer: int) -> None:
    datagram = with_options(options)
    (answer,) = answers(opened(), datagram)
    assert (answer[ICMP].type, answer[ICMP].code, answer[ICMP].ptr) == (12, 0, pointer)
    assert answer.original[28:] == datagram


@pytest.mark.parametrize("kind", [131, 137])
def test_source_route_is_a_matter_of_policy(kind: int) -> None:
    """RFC 7126, 4.3 and 4.4: dropped unless the setting takes it."""
    datagram = with_options(bytes((kind, 7, 8, 192, 0, 2, 9, 0)))
    assert answers(opened(), datagram) == []
    assert len(answers(opened(source_routes=True), datagram)) == 1


@pytest.mark.parametrize("ttl", [0, 1])
def test_ttl_does_not_matter_at_the_end(ttl: int) -> None:
    """RFC 1122, 3.2.1.7."""
    assert len(answers(opened(), syn(ttl=ttl))) == 1


@pytest.mark.parametrize("fields", [{"len": 39}, {"len": 41}, {"chksum": 1}, {"ihl": 4}])
def test_impossible_header_is_dropped(fields: dict[str, Any]) -> None:
    assert answers(opened(), syn(**fields)) == []


def test_reserved_flag_and_padding_do_not_matter() -> None:
    assert len(answers(opened(), bytes(syn(flags="evil")) + b"padding")) == 1


def test_unknown_protocol_is_told() -> None:
    """RFC 1122, 3.2.2.1; the quotation is cut so that 576 octets hold it (RFC 1812, 4.3.2.3)."""
    datagram = IP(src=THERE, dst=HERE) / UDP() / Raw(b"x" * 1000)
    (answer,) = answers(opened(), datagram)
    assert (answer[ICMP].type, answer[ICMP].code, answer.len) == (3, 2, 576)
    assert answer.original[28:] == bytes(datagram)[:548]


def test_no_error_about_an_error_a_later_piece_or_a_broadcast() -> None:
    """RFC 1122, 3.2.2."""
    assay = opened()
    about = IP(src=HERE, dst=THERE) / TCP()
    for datagram in (
        IP(src=THERE, dst=HERE, proto=17, frag=10) / Raw(b"x" * 8),
        IP(src=THERE, dst="192.0.2.255", proto=17) / Raw(b"x"),
        IP(src="224.0.0.9", dst=HERE, proto=17) / Raw(b"x"),
        IP(src=THERE, dst=HERE) / ICMP(type=3, code=1) / about,
    ):
        assert answers(assay, datagram) == []


def test_errors_have_a_limit() -> None:
    assay = opened(icmp_errors_per_s=3)
    datagram = bytes(IP(src=THERE, dst=HERE, proto=17) / Raw(b"x"))
    assert [len(answers(assay, datagram)) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert len(answers(assay, datagram, 1_000_000_000)) == 1
    assert answers(opened(icmp_errors_per_s=0), datagram) == []
