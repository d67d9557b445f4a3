"""Quiet time after the start, and connections that nobody holds any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref.segment import ACK, RST, SYN
from tests.tcpref.conftest import PEER, PEER_PORT

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host


def test_nothing_is_answered_in_the_quiet_time(make_host: type[Host]) -> None:
    """RFC 9293, 3.4.3: no segment is emitted, be it SYN,ACK or RST."""
    host = make_host(quiet_time_s=120)
    host.listen()
    for port, flags in ((80, SYN), (81, SYN), (81, ACK)):
        host.local_port = port
        host.peer(flags, 1, 7)
        host.advance(10)
    assert host.take() == []
    host.advance(90)
    host.peer(SYN, 1)
    assert host.only().flags == RST | ACK


def test_open_waits_with_its_syn(make_host: type[Host]) -> None:
    host = make_host(quiet_time_s=60)
    host.advance(20)
    call = host.connect()
    assert host.take() == []
    early = host.tcb.iss
    assert host.advance_to_timer() == 60
    syn = host.only()
    assert (syn.flags, syn.seq) == (SYN, host.tcb.iss)
    assert syn.seq != early
    assert host.advance_to_timer() == 1
    assert host.only().seq == syn.seq
    host.peer(SYN | ACK, 9, syn.seq + 1)
    host.collect()
    assert host.returned[call].errno is None
    assert host.on("send", ("octets", b"x"), ("flags", ())).value == 1
    assert [segment.seq for segment in host.take()] == [syn.seq + 1, syn.seq + 1]


def test_open_that_waits_can_be_closed(make_host: type[Host]) -> None:
    host = make_host(quiet_time_s=60)
    host.connect("SOCK_NONBLOCK")
    host.on("close")
    host.advance(100)
    assert host.take() == []
    assert host.assay.next_timeout() is None


@pytest.mark.parametrize(("probes", "seconds"), [(15, 663), (3, 15)])
def test_orphan_behind_a_closed_window_ends(
    make_host: type[Host], probes: int, seconds: int
) -> None:
    """A reset follows the last probe of a window that stays closed although the peer lives."""
    host = make_host(orphan_probes=probes)
    host.establish()
    host.next(wnd=0)
    host.send(b"text")
    host.on("close")
    passed, sent = 0.0, 0
    while host.assay.next_timeout() is not None:
        passed += host.advance_to_timer()
        segment = host.only()
        if segment.flags & RST:
            break
        sent += 1
        host.next(wnd=0, ack=host.tcb.snd_una)
    assert (sent, passed) == (probes, seconds)
    assert host.assay.read_stats()["connections"] == 0


@pytest.mark.parametrize(("probes", "closes"), [(0, True), (3, False)])
def test_probing_goes_on(make_host: type[Host], probes: int, closes: bool) -> None:
    """With an application, or the setting at 0, as long as the peer answers (MUST-37)."""
    host = make_host(orphan_probes=probes)
    host.establish()
    host.next(wnd=0)
    host.send(b"text")
    if closes:
        host.on("close")
    for _ in range(40):
        host.advance_to_timer()
        assert not host.only().flags & RST
        host.next(wnd=0, ack=host.tcb.snd_una)
    host.next(wnd=100, ack=host.tcb.snd_una)
    assert b"text" in [segment.payload for segment in host.take()]


def test_time_counts_from_the_first_call(make_host: type[Host]) -> None:
    """socket(), and connect() long after; the SYN goes at once."""
    host = make_host(quiet_time_s=100)
    host.fd = host.socket()
    host.advance(100)
    host.begin("connect", ("fd", host.fd), ("address", (PEER, PEER_PORT)))
    assert host.only().flags == SYN


def test_user_timeout_waits_for_the_syn(make_host: type[Host]) -> None:
    """TCP_USER_TIMEOUT while the SYN is put off; it counts from the SYN on."""
    host = make_host(quiet_time_s=100)
    host.fd = host.socket("SOCK_NONBLOCK")
    host.advance(50)
    host.begin("connect", ("fd", host.fd), ("address", (PEER, PEER_PORT)))
    host.local_port = host.tcb.key[1]
    host.option("TCP_USER_TIMEOUT", 5_000, "IPPROTO_TCP")
    host.advance(54.9)
    assert host.state() == "SYN-SENT"
    host.advance(0.1)
    assert host.state() == "CLOSED"
