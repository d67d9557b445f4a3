"""The SYN queue and the accept queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref.segment import ACK, RST, SYN

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host


@pytest.mark.parametrize(("backlog", "bound"), [(-1, 1), (0, 1), (1, 1), (3, 3), (1000, 4)])
def test_backlog_bounds_the_accept_queue(make_host: type[Host], backlog: int, bound: int) -> None:
    host = make_host(max_backlog=4)
    listener = host.listen(backlog)
    for port in range(5000, 5000 + bound):
        host.handshake(port)
    host.peer(SYN, 1, port=6000)
    assert host.take() == []
    assert host.on("accept", fd=listener).get("address") == ("192.0.2.2", 5000)
    host.peer(SYN, 1, port=6000)
    assert host.only().flags == SYN | ACK


def test_last_ack_of_handshake_waits_for_room(host: Host) -> None:
    listener = host.listen(1)
    answers = {}
    for port in (5000, 5001):
        host.peer(SYN, 1, port=port)
        answers[port] = host.only()
    for port in (5000, 5001):
        host.peer(ACK, 2, answers[port].seq + 1, port=port)
    assert host.take() == []
    assert (host.state(5000), host.state(5001)) == ("ESTABLISHED", "SYN-RECEIVED")
    host.on("accept", fd=listener)
    host.advance(1.1)
    again = host.only()
    assert (again.flags, again.dst_port, again.seq) == (SYN | ACK, 5001, answers[5001].seq)
    host.peer(ACK, 2, again.seq + 1, port=5001)
    assert host.state(5001) == "ESTABLISHED"


def test_syn_queue_has_its_own_bound(make_host: type[Host]) -> None:
    host = make_host(syn_queue=2)
    host.listen()
    for port in (5000, 5001, 5002):
        host.peer(SYN, 1, port=port)
    assert [segment.dst_port for segment in host.take()] == [5000, 5001]
    assert host.assay.read_stats()["syn_queue"] == 2
    host.advance(200)
    assert host.assay.read_stats()["syn_queue"] == 0
    host.take()
    host.peer(ACK, 2, 77, port=5000)
    assert host.only().flags == RST


def test_first_come_first_served(host: Host) -> None:
    listener = host.listen()
    for port in (5002, 5000, 5001):
        host.handshake(port)
    peers = [host.on("accept", fd=listener).get("address") for _ in range(3)]
    assert peers == [("192.0.2.2", port) for port in (5002, 5000, 5001)]


def test_reset_before_accept_leaves_the_queue(host: Host) -> None:
    listener = host.listen()
    host.handshake()
    poll = ("pollfds", ((listener, ("POLLIN",)),)), ("timeout", 0)
    assert host.call("poll", *poll).value == 1
    host.peer(RST, host.tcb.rcv_nxt)
    assert host.call("poll", *poll).value == 0
    host.on("fcntl", ("name", "F_SETFL"), ("flags", ("O_NONBLOCK",)), fd=listener)
    assert host.on("accept", fd=listener).errno == "EAGAIN"


def test_accept_flags_and_inheritance(host: Host) -> None:
    listener = host.fd = host.listen()
    host.option("TCP_NODELAY", 1, "IPPROTO_TCP")
    host.handshake()
    host.fd = host.on("accept4", ("flags", ("SOCK_NONBLOCK",)), fd=listener).value
    assert host.recv().errno == "EAGAIN"
    assert host.on("getsockopt", ("name", "IPPROTO_TCP"), ("name", "TCP_NODELAY")).get("value") == 1
    assert host.on("getsockname").get("address") == ("192.0.2.1", 80)


def test_closing_a_listener_is_silent_but_for_unaccepted_connections(host: Host) -> None:
    listener = host.listen()
    host.peer(SYN, 1, port=5000)
    host.take()
    host.handshake(5001)
    host.handshake(5002)
    host.on("accept", fd=listener)
    blocked = host.begin("dup", ("fd", listener))
    assert host.returned[blocked].value == 5
    host.on("close", fd=listener)
    assert host.take() == []
    host.on("close", fd=5)
    assert [(s.flags, s.dst_port) for s in host.take()] == [(RST, 5002)]
    assert (host.state(5000), host.state(5001)) == ("CLOSED", "ESTABLISHED")
    host.peer(SYN, 1)
    assert host.only().flags == RST | ACK


def test_listen_again_changes_the_backlog(host: Host) -> None:
    listener = host.listen(0)
    host.handshake(5000)
    assert host.on("listen", ("length", 2), fd=listener).errno is None
    host.handshake(5001)
    assert host.assay.read_stats()["accept_queue"] == 2


def test_listen_on_a_connection_is_refused(host: Host) -> None:
    host.establish()
    assert host.on("listen", ("length", 1)).errno == "EINVAL"
    assert host.state() == "ESTABLISHED"


def test_listen_unbound_takes_a_port(host: Host) -> None:
    host.fd = host.socket()
    assert host.on("listen", ("length", 1)).errno is None
    address = host.on("getsockname").get("address")
    assert isinstance(address, tuple)
    assert address[1] >= 49152
    assert host.assay.read_state(("192.0.2.1", address[1]), None)[0] == "LISTEN"


@pytest.mark.parametrize(
    ("backlog", "three_halves", "bound"), [(0, False, 1), (3, False, 3), (0, True, 1), (5, True, 8)]
)
def test_backlog_may_count_both_queues(
    make_host: type[Host], backlog: int, three_halves: bool, bound: int
) -> None:
    """The sum of 4.2BSD: a place in the SYN queue is one in the accept queue."""
    host = make_host(backlog_counts="sum", backlog_three_halves=three_halves)
    listener = host.listen(backlog)
    for port in range(5000, 5000 + bound + 2):
        host.peer(SYN, 1, port=port)
    answers = {segment.dst_port: segment for segment in host.take()}
    assert len(answers) == bound
    for port, answer in answers.items():
        host.peer(ACK, 2, answer.seq + 1, port=port)
    assert host.assay.read_stats()["accept_queue"] == bound
    host.peer(SYN, 1, port=6000)
    assert host.take() == []
    host.on("accept", fd=listener)
    host.peer(SYN, 1, port=6000)
    assert host.only().flags == SYN | ACK


def test_three_halves_of_the_completed_only(make_host: type[Host]) -> None:
    host = make_host(backlog_three_halves=True)
    host.listen(4)
    for port in range(5000, 5007):
        host.handshake(port)
    host.peer(SYN, 1, port=6000)
    assert host.take() == []


def test_overflow_may_reset(make_host: type[Host]) -> None:
    host = make_host(abort_on_overflow=True)
    host.listen(1)
    for port in (5000, 5001):
        host.peer(SYN, 1, port=port)
    first, second = host.take()
    host.peer(ACK, 2, first.seq + 1, port=5000)
    host.peer(ACK, 2, second.seq + 1, port=5001)
    reset = host.only()
    assert (reset.flags, reset.seq, reset.dst_port) == (RST, second.seq + 1, 5001)
    assert (host.state(5000), host.state(5001)) == ("ESTABLISHED", "CLOSED")
    assert host.assay.read_stats()["syn_queue"] == 0
