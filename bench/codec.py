"""The codec: what a segment costs, against Scapy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import Figure, median_s
from tcpassay.conformance.layers import IP, TCP, Raw
from tcpassay.wire import ACK, Datagram, IPv4, Segment, build, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

DATAGRAM = Datagram(
    IPv4("192.0.2.2", "192.0.2.1", protocol=6),
    Segment(40001, 8080, 1, 2, ACK, 65535, payload=b"x" * 100),
)


def figures() -> Iterator[Figure]:
    """Build and parse a segment of 100 octets."""
    octets = build(DATAGRAM)
    ours = median_s(lambda: build(DATAGRAM), rounds=15, loops=2000)
    scapy = median_s(_scapy_build, rounds=15, loops=20)
    yield Figure("build a segment", ours * 1e6, "us", scapy / ours, "faster than Scapy")
    ours = median_s(lambda: parse(octets, strict=True), rounds=15, loops=2000)
    packet_class = type(IP())
    scapy = median_s(lambda: packet_class(octets), rounds=15, loops=50)
    yield Figure("parse and verify it", ours * 1e6, "us", scapy / ours, "faster than Scapy")


def _scapy_build() -> bytes:
    packet = IP(src="192.0.2.2", dst="192.0.2.1") / TCP(sport=40001, dport=8080, flags="A")
    return bytes(packet / Raw(b"x" * 100))
