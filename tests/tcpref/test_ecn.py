"""ECN: the codepoint in both IP headers, and what the cases do not look into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref import seq
from tcpref.addresses import from_text
from tcpref.checksum import checksum, remainder
from tcpref.ecn import CE, ECT_0
from tcpref.ipv4 import parse_ipv4
from tcpref.ipv6 import parse_ipv6
from tcpref.segment import ACK, CWR, ECE, FIN, SYN, build_segment
from tests.tcpref.conftest import MSS, PEER, PEER_ISS, PEER_PORT, STACK, packed

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host


@pytest.fixture
def agreed(host: Host) -> Host:
    """A connection with ECN, accepted."""
    listener = host.listen()
    host.peer(SYN | ECE | CWR, PEER_ISS, options=MSS)
    syn_ack = host.only()
    host.peer(ACK, PEER_ISS + 1, syn_ack.seq + 1)
    host.fd = host.on("accept", fd=listener).value
    host.take()
    return host


@pytest.mark.parametrize("ecn", range(4))
def test_codepoint_goes_through_both_headers(ecn: int) -> None:
    for one, two, parse in (
        ("192.0.2.1", "192.0.2.2", parse_ipv4),
        ("2001:db8::1", "2001:db8::2", parse_ipv6),
    ):
        src, dst = from_text(one), from_text(two)
        assert src is not None
        assert dst is not None
        datagram = build_segment(src, dst, 1, 2, seq=3, ack=0, flags=SYN, wnd=0, ecn=ecn)
        packet = parse(datagram)
        assert packet is not None
        assert packet.ecn == ecn


def test_connection_without_ecn_has_no_record_of_it(host: Host) -> None:
    host.establish()
    assert host.tcb.ecn is None


def test_loss_in_a_window_reduced_by_a_mark_does_not_reduce_it_again(agreed: Host) -> None:
    agreed.send(bytes(14_600))
    first = seq.add(agreed.tcb.iss, 1)
    agreed.peer(ACK | ECE, PEER_ISS + 1, seq.add(first, 1460))
    assert agreed.tcb.congestion.cwnd == 7300
    for _ in range(3):
        agreed.peer(ACK, PEER_ISS + 1, seq.add(first, 1460))
    assert agreed.tcb.recovery is not None
    assert agreed.tcb.congestion.cwnd == 7300


def test_loss_after_such_a_window_does(agreed: Host) -> None:
    agreed.send(bytes(29_200))
    agreed.peer(ACK | ECE, PEER_ISS + 1, agreed.tcb.snd_nxt)
    assert agreed.tcb.congestion.cwnd == 7300
    for _ in range(3):
        agreed.peer(ACK, PEER_ISS + 1, agreed.tcb.snd_una)
    assert agreed.tcb.recovery is not None
    assert agreed.tcb.congestion.cwnd == 3650


def test_old_acknowledgement_tells_nothing(agreed: Host) -> None:
    agreed.send(bytes(14_600))
    first = seq.add(agreed.tcb.iss, 1)
    agreed.peer(ACK, PEER_ISS + 1, seq.add(first, 2920))
    before = agreed.tcb.congestion.cwnd
    agreed.peer(ACK | ECE, PEER_ISS + 1, seq.add(first, 1460))
    assert agreed.tcb.congestion.cwnd == before


def test_fin_waits_for_the_timer_too(agreed: Host) -> None:
    agreed.send(b"lost")
    agreed.take()
    agreed.advance_to_timer()
    agreed.take()
    agreed.peer(ACK | ECE, PEER_ISS + 1, agreed.tcb.snd_nxt)
    agreed.on("shutdown", ("name", "SHUT_WR"))
    assert agreed.take() == []
    agreed.advance(120)
    assert agreed.take()[0].flags & FIN


@pytest.mark.parametrize("marked", [0, 1, 2])
def test_mark_on_any_piece_marks_the_datagram(agreed: Host, marked: int) -> None:
    datagram = build_segment(
        packed(PEER), packed(STACK), PEER_PORT, 80, seq=PEER_ISS + 1,
        ack=agreed.tcb.snd_nxt, flags=ACK, wnd=65535, payload=bytes(44), ecn=ECT_0,
    )  # fmt: skip
    header, payload = datagram[:20], datagram[20:]
    for number in range(3):
        piece = payload[24 * number : 24 * (number + 1)]
        more = 0x2000 if number < 2 else 0
        head = bytes((0x45, CE if number == marked else ECT_0)) + (20 + len(piece)).to_bytes(2)
        head += b"\0\7" + (more | 3 * number).to_bytes(2) + header[8:10] + bytes(2) + header[12:]
        total = checksum(remainder(head)).to_bytes(2)
        agreed.assay.on_datagram(head[:10] + total + head[12:] + piece, agreed.now)
    assert agreed.tcb.ecn is not None
    assert agreed.tcb.ecn.echo
    assert len(agreed.tcb.received) == 44


@pytest.mark.parametrize(("syns", "flags"), [(1, [1, 0, 0]), (2, [1, 1, 0]), (0, [1, 1, 1])])
def test_offers_until_the_setting_is_reached(
    make_host: type[Host], syns: int, flags: list[int]
) -> None:
    host = make_host(ecn="on", ecn_syns=syns)
    host.connect()
    host.advance(4)
    assert [int(segment.flags & (ECE | CWR) != 0) for segment in host.take()] == flags
