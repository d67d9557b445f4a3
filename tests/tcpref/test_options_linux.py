"""Options of tcp(7) and socket(7): what no case sees from outside, or only Linux decides so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref.quickack import GOOD_FOR
from tcpref.segment import ACK, FIN, PSH, RST, SYN

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

TCP = "IPPROTO_TCP"


def listener_with(host: Host, option: str, value: int) -> int:
    """A listener that has an option of TCP."""
    host.fd = listener = host.listen()
    host.option(option, value, TCP)
    return listener


def test_deferred_connection_is_handed_out_in_the_end(host: Host) -> None:
    listener = listener_with(host, "TCP_DEFER_ACCEPT", 3)
    waiting = host.begin("accept", ("fd", listener))
    host.handshake()
    assert host.state() == "ESTABLISHED"
    host.advance(2.9)
    assert waiting not in host.returned
    host.advance(0.2)
    host.collect()
    assert host.returned[waiting].errno is None
    assert host.assay.read_stats()["timers"] == 0


def test_deferred_connection_is_aborted_with_its_listener(host: Host) -> None:
    listener = listener_with(host, "TCP_DEFER_ACCEPT", 3)
    answer = host.handshake()
    host.on("close", fd=listener)
    aborted = host.only()
    assert (aborted.flags & RST, aborted.seq) == (RST, answer.seq + 1)
    assert host.assay.read_stats()["connections"] == host.assay.read_stats()["timers"] == 0


def test_deferred_connection_that_ends_is_forgotten(host: Host) -> None:
    listener = listener_with(host, "TCP_DEFER_ACCEPT", 3)
    host.handshake()
    host.next(RST)
    assert host.assay.read_stats()["syn_queue"] == host.assay.read_stats()["timers"] == 0
    host.handshake(5001)
    host.peer(PSH | ACK, 1001, host.tcb.snd_nxt, payload=b"text", port=5001)
    assert host.on("accept", fd=listener).get("address") == ("192.0.2.2", 5001)


@pytest.mark.parametrize("flags", [PSH | ACK, FIN | ACK])
def test_defer_accept_of_zero_defers_nothing(host: Host, flags: int) -> None:
    listener = listener_with(host, "TCP_DEFER_ACCEPT", 0)
    host.handshake()
    host.fd = host.on("accept", fd=listener).value
    host.next(flags, payload=b"text")
    assert host.recv().get("octets") == b"text"


def test_quick_mode_ends_by_itself(host: Host) -> None:
    host.establish()
    host.option("TCP_QUICKACK", 1, TCP)
    for _ in range(GOOD_FOR):
        host.next(PSH | ACK, payload=b"x")
        assert host.only().flags == ACK
    assert host.on("getsockopt", ("name", TCP), ("name", "TCP_QUICKACK")).get("value") == 0
    host.next(PSH | ACK, payload=b"x")
    assert host.take() == []
    host.option("TCP_QUICKACK", 1, TCP)
    assert host.only().flags == ACK


def test_cork_waits_for_what_is_outstanding(host: Host) -> None:
    host.establish()
    host.option("TCP_NODELAY", 1, TCP)
    host.send(b"first")
    assert host.only().payload == b"first"
    host.option("TCP_CORK", 1, TCP)
    host.send(b"second")
    host.advance(0.5)
    assert host.take() == []
    host.next(ACK)
    host.advance(0.19)
    assert host.take() == []
    host.advance(0.02)
    assert host.only().payload == b"second"


def test_listeners_that_share_leave_one_by_one(host: Host) -> None:
    fds = []
    for _ in range(3):
        host.fd = host.socket()
        host.option("SO_REUSEPORT", 1)
        assert host.on("bind", ("address", ("192.0.2.1", 80))).errno is None
        assert host.on("listen", ("length", 5)).errno is None
        fds.append(host.fd)
    assert host.assay.read_stats()["listeners"] == 3
    for left, fd in zip((2, 1, 0), fds, strict=True):
        host.on("close", fd=fd)
        assert host.assay.read_stats()["listeners"] == left
        host.peer(SYN, 1, port=5000 + left)
        assert host.only().flags & SYN == (SYN if left else 0)


def test_window_clamp_lies_below_the_buffer_only(host: Host) -> None:
    host.establish()
    host.option("TCP_WINDOW_CLAMP", 1 << 20, TCP)
    assert host.tcb.rcv_buffer == host.tcb.settings.rcv_buffer
    host.option("TCP_WINDOW_CLAMP", 1, TCP)
    assert host.tcb.rcv_buffer == 256
    host.option("TCP_WINDOW_CLAMP", 0, TCP)
    assert host.tcb.rcv_buffer == host.tcb.settings.rcv_buffer
