"""Source routes and what else an application asks of the IP header, octet by octet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, IPOption_LSRR

from tcpref import ipv4, ipv6, source_route
from tcpref.ip_choices import NO_CHOICES, dress
from tcpref.segment import SYN, build_segment
from tcpref.source_route import Route

HERE, THERE, NEAR, FAR = (bytes((192, 0, 2, host)) for host in (1, 2, 81, 82))
LOOSE = 131


def segment(src: bytes = HERE, dst: bytes = THERE, ecn: int = 0) -> bytes:
    """A SYN as the stack builds it."""
    return build_segment(src, dst, 1, 2, seq=3, ack=0, flags=SYN, wnd=9, ecn=ecn)


def test_without_choices_nothing_changes() -> None:
    assert dress(segment(), None) == segment() == dress(segment(), NO_CHOICES)


def test_every_field_of_ipv4() -> None:
    """DSCP beside the ECN bits, TTL, a route of two routers; Scapy reads them, sums are right."""
    route = Route(LOOSE, (NEAR, FAR), chosen=True)
    octets = dress(segment(ecn=2), NO_CHOICES._replace(tos=0xB8, ttl=7, route=route))
    packet = IP(octets)
    assert (packet.tos, packet.ttl, packet.dst, packet.len) == (0xBA, 7, "192.0.2.81", len(octets))
    option = packet[IPOption_LSRR]
    assert (option.pointer, option.routers) == (4, ["192.0.2.82", "192.0.2.2"])
    sums = packet.chksum, packet[TCP].chksum
    del packet.chksum, packet[TCP].chksum
    again = IP(bytes(packet))
    assert (again.chksum, again[TCP].chksum) == sums
    assert source_route.destination(octets[: 4 * packet.ihl]) == THERE


def test_every_field_of_ipv6() -> None:
    here, there = bytes(15) + b"\x01", bytes(15) + b"\x02"
    octets = dress(segment(here, there, 1), NO_CHOICES._replace(traffic_class=0xB8, hops=7))
    assert octets[:8] == b"\x6b\x90\0\0\0\x14\x06\x07"
    assert octets[8:] == segment(here, there)[8:]


def test_fragmentable_datagram_keeps_its_options() -> None:
    """Without DF the checksum counts the options."""
    octets = dress(segment(), NO_CHOICES._replace(route=Route(LOOSE, (NEAR,), chosen=True)))
    cut = ipv4.fragmentable(octets, 5)
    assert ipv4.header_checksum_holds(cut[:28])
    assert cut[20:] == octets[20:]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (b"\x83\x07\x08" + NEAR + b"\0", Route(LOOSE, (NEAR,), chosen=False)),
        (b"\x01\x89\x0b\x0c" + NEAR + FAR, Route(137, (FAR, NEAR), chosen=False)),
        (b"\x83\x03\x04\0", None),
        (b"\x1e\x04\xaa\xbb", None),
    ],
)
def test_way_back(options: bytes, wanted: Route | None) -> None:
    assert source_route.back(options) == wanted


@pytest.mark.parametrize(
    ("pointer", "ended"),
    [(4, False), (7, False), (8, True), (12, True)],
)
def test_end_of_the_way(pointer: int, ended: bool) -> None:
    """The pointer stands behind the last address, or the datagram is to go on."""
    assert source_route.ended(bytes((LOOSE, 7, pointer)) + NEAR + b"\0") is ended


@pytest.mark.parametrize(
    "octets",
    [
        b"\x83\x07\x08" + NEAR,
        b"\x83\x03\x04",
        b"\x07\x07\x04" + NEAR,
        b"\x83\x00\x04" + NEAR,
        b"\x83\x2b\x04" + NEAR * 10,
    ],
)
def test_what_an_application_may_not_ask_for(octets: bytes) -> None:
    """A route that has ended, without routers, another option, impossible or too long."""
    with pytest.raises(ValueError, match=r".*"):
        source_route.of_application(octets)


@given(st.binary(max_size=40))
def test_any_octets_are_read(octets: bytes) -> None:
    """Quoted headers may hold anything; reading one ends, and never raises."""
    found = source_route.find(octets)
    assert found is None or found[0] in source_route.KINDS
    assert len(source_route.destination(bytes(16) + THERE + octets)) == 4


def test_link_local_prefix() -> None:
    """RFC 4291, 2.4: fe80::/10."""
    first = [bytes.fromhex(text) + bytes(14) for text in ("fe7f", "fe80", "febf", "fec0")]
    assert [ipv6.is_link_local(address) for address in first] == [False, True, True, False]
