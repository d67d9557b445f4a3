"""Path MTU discovery: what is remembered, and what each message does to one connection."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING

import pytest

from tcpref import seq
from tcpref.checksum import checksum, remainder
from tcpref.ipv4 import PROTOCOL_ICMP, build_ipv4, header_checksum_holds
from tcpref.pmtu import LEAST, SOONEST_INCREASE, Learned, PathTable
from tcpref.segment import ACK, build_segment
from tcpref.settings import Settings
from tests.tcpref.conftest import PEER_ISS, packed

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

SECOND = 1_000_000_000
ONE, OTHER, THIRD = b"\xc0\0\2\2", b"\xc0\0\2\4", b"\xc0\0\2\5"


@pytest.fixture
def connected(host: Host) -> Host:
    """A connection over which nothing has gone yet."""
    host.establish()
    return host


def deliver(host: Host, mtu: int, *, offset: int = 0, size: int = 1500) -> None:
    """Fragmentation needed about a datagram of `size` octets at SND.UNA + offset."""
    local, local_port, remote, remote_port = host.tcb.key
    number = seq.add(host.tcb.snd_una, offset)
    quoted = build_segment(
        local, remote, local_port, remote_port, seq=number, ack=0, flags=ACK, wnd=0
    )
    quoted = quoted[:2] + size.to_bytes(2, "big") + quoted[4:28]
    rest = pack("!HH", 0, mtu) + quoted
    total = checksum(remainder(bytes((3, 4, 0, 0)) + rest))
    message = bytes((3, 4)) + total.to_bytes(2, "big") + rest
    datagram = build_ipv4(packed("192.0.2.254"), local, PROTOCOL_ICMP, message)
    host.assay.on_datagram(datagram, host.now)


def sizes(host: Host) -> list[int]:
    """Octets of text in what was sent since the last time."""
    return [len(segment.payload) for segment in host.take()]


def acknowledge(host: Host) -> None:
    host.peer(ACK, PEER_ISS + 1, host.tcb.snd_nxt)


def test_oldest_destination_makes_room() -> None:
    table = PathTable(Settings(path_mtu_destinations=2))
    for at, remote in enumerate((ONE, OTHER, ONE, THIRD)):
        table.learn(remote, 1000, at)
    assert len(table) == 2
    assert table.find(OTHER, 4) is None
    assert table.find(ONE, 4) == Learned(1000, 2 + 600 * SECOND)


def test_no_room_remembers_nothing() -> None:
    table = PathTable(Settings(path_mtu_destinations=0))
    assert table.learn(ONE, 1000, 0).mtu == 1000
    assert table.find(ONE, 1) is None


@pytest.mark.parametrize(("ageing", "until"), [(600, 600), (1, 300), (0, None)])
def test_age_is_five_minutes_at_least_and_may_be_none(ageing: int, until: int | None) -> None:
    table = PathTable(Settings(path_mtu_ageing_s=ageing))
    learned = table.learn(ONE, 1000, 0)
    assert learned.until == (None if until is None else until * SECOND)
    assert table.find(ONE, SOONEST_INCREASE - 1) == learned


def test_higher_mtu_renews_the_age_only() -> None:
    table = PathTable(Settings())
    table.learn(ONE, 1000, 0)
    assert table.learn(ONE, 1400, 5) == Learned(1000, 5 + 600 * SECOND)


@pytest.mark.parametrize(
    ("size", "mtu"), [(1500, 1006), (1400, 1006), (1006, 508), (508, 296), (100, 68), (68, 68)]
)
def test_zero_means_the_next_plateau_below_the_datagram(
    connected: Host, size: int, mtu: int
) -> None:
    connected.send(bytes(3000))
    connected.take()
    deliver(connected, 0, size=size)
    assert connected.tcb.snd_mss == mtu - 40


def test_rest_of_the_flight_goes_again_after_an_ack(connected: Host) -> None:
    connected.send(bytes(2920))
    assert sizes(connected) == [1460, 1460]
    deliver(connected, 1000)
    deliver(connected, 1000, offset=1460)
    assert sizes(connected) == [960]
    connected.send(b"more")
    assert sizes(connected) == []
    connected.peer(ACK, PEER_ISS + 1, seq.add(connected.tcb.iss, 961))
    assert sizes(connected) == [960, 960, 40]


def test_message_about_what_is_not_smaller_changes_nothing(connected: Host) -> None:
    connected.send(bytes(2920))
    connected.take()
    for mtu in (1500, 1501, 65535):
        deliver(connected, mtu)
    assert sizes(connected) == []
    assert connected.tcb.snd_mss == 1460


def test_pending_message_waits_for_the_timeout(connected: Host) -> None:
    connected.send(bytes(1460))
    acknowledge(connected)
    connected.send(bytes(1460))
    connected.take()
    deliver(connected, 1000)
    assert sizes(connected) == []
    connected.advance_to_timer()
    assert sizes(connected) == [960]
    path = connected.tcb.path
    assert path is not None
    assert path.pending is None
    assert path.acked == 1000


def test_message_after_a_timeout_counts_at_once(connected: Host) -> None:
    connected.send(bytes(1460))
    acknowledge(connected)
    connected.send(bytes(1460))
    connected.advance_to_timer()
    connected.take()
    deliver(connected, 1000)
    assert sizes(connected) == [960]


def test_two_timeouts_where_the_setting_says_so(make_host: type[Host]) -> None:
    host = make_host(path_mtu_timeouts=2)
    host.establish()
    host.send(bytes(1460))
    acknowledge(host)
    host.send(bytes(1460))
    host.take()
    deliver(host, 1000)
    host.advance_to_timer()
    assert sizes(host) == [1460]
    host.advance_to_timer()
    assert sizes(host) == [960]


def test_message_without_text_in_flight_changes_nothing(host: Host) -> None:
    host.connect()
    deliver(host, 68)
    assert host.tcb.path is None


def test_age_ends_with_the_connection(connected: Host) -> None:
    connected.send(bytes(1460))
    deliver(connected, 1000)
    acknowledge(connected)
    connected.advance(601)
    assert connected.tcb.snd_mss == 1460
    assert sizes(connected) == [1460, 960]
    assert connected.assay.next_timeout() is None


def test_a_window_of_the_narrow_path_has_room_for_a_segment_of_the_wide(connected: Host) -> None:
    """Cwnd was counted in small segments; once the estimate is old one of the large may go."""
    connected.send(bytes(1460))
    deliver(connected, 68)
    acknowledge(connected)
    connected.tcb.congestion.cwnd = 10 * connected.tcb.snd_mss
    connected.advance(601)
    connected.take()
    connected.send(bytes(3000))
    assert sizes(connected) == [1460]


def test_without_discovery_datagrams_may_be_cut(make_host: type[Host]) -> None:
    host = make_host(path_mtu_discovery=False)
    host.connect()
    host.advance(1)
    seen = [event[1] for event in host.assay.take_output() if event[0] == "datagram"]
    assert len(seen) == 1
    assert isinstance(seen[0], bytes)
    assert seen[0][4:8] == b"\0\2\0\0"
    assert header_checksum_holds(seen[0][:20])


def test_without_discovery_nothing_is_believed(make_host: type[Host]) -> None:
    host = make_host(path_mtu_discovery=False)
    host.establish()
    host.send(bytes(2920))
    host.take()
    deliver(host, 1000)
    assert host.tcb.snd_mss == 1460
    assert sizes(host) == []


def test_without_discovery_a_packet_of_ipv6_has_1280_octets(make_host: type[Host]) -> None:
    from tcpref.addresses import from_text
    from tcpref.pmtu import begin
    from tcpref.tcb import Tcb

    host = make_host(path_mtu_discovery=False)
    one, two = from_text("2001:db8::1"), from_text("2001:db8::2")
    assert one is not None
    assert two is not None
    tcb = Tcb((one, 80, two, 4000), host.assay.stack.settings, 1, passive=True)
    begin(host.assay.stack, tcb)
    tcb.take_mss(1440)
    assert tcb.snd_mss == LEAST[16] - 60 - (12 if tcb.timestamps else 0)
