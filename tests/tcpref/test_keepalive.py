"""Keep-alives (RFC 9293, 3.8.4) and the user time-out (3.8.3), on the virtual clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref import seq
from tcpref.segment import ACK, FIN, RST, SYN
from tcpref.tcb import State

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

TCP = "IPPROTO_TCP"


def probed(host: Host, idle: int = 10, interval: int = 3, count: int = 2) -> None:
    """An open connection with keep-alives."""
    host.establish()
    host.option("TCP_KEEPIDLE", idle, TCP)
    host.option("TCP_KEEPINTVL", interval, TCP)
    host.option("TCP_KEEPCNT", count, TCP)
    host.option("SO_KEEPALIVE", 1)


def errno_of(host: Host) -> str | None:
    return host.recv(9).errno


def read(host: Host, option: str, level: str = "SOL_SOCKET") -> object:
    return host.on("getsockopt", ("name", level), ("name", option)).get("value")


def test_defaults(host: Host) -> None:
    host.fd = host.socket()
    times = [read(host, name, TCP) for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")]
    assert [*times, read(host, "SO_KEEPALIVE")] == [7200, 75, 9, 0]
    assert read(host, "TCP_USER_TIMEOUT", TCP) == 0


def test_off_means_silence(host: Host) -> None:
    host.establish()
    host.advance(1_000_000)
    assert (host.take(), host.state()) == ([], "ESTABLISHED")


def test_probe_repeats_the_last_number_and_carries_nothing(host: Host) -> None:
    probed(host)
    host.advance(9.9)
    assert host.take() == []
    host.advance(0.1)
    probe = host.only()
    assert (probe.seq, probe.ack) == (seq.add(host.tcb.snd_nxt, -1), host.tcb.rcv_nxt)
    assert (probe.flags, probe.payload) == (ACK, b"")


def test_garbage_for_peers_that_need_it(make_host: type[Host]) -> None:
    host = make_host(keepalive_garbage=True)
    probed(host)
    host.advance(10)
    assert len(host.only().payload) == 1


def test_unanswered_probes_end_the_connection(host: Host) -> None:
    probed(host)
    host.advance(10 + 3)
    assert len(host.take()) == 2
    host.advance(2.9)
    assert host.state() == "ESTABLISHED"
    host.advance(0.1)
    assert host.only().flags & RST
    assert host.assay.read_stats()["timers"] == 0
    assert errno_of(host) == "ETIMEDOUT"


def test_one_answer_starts_all_over(host: Host) -> None:
    probed(host)
    host.advance(13)
    assert len(host.take()) == 2
    host.advance(1)
    host.next()
    host.advance(9.9)
    assert host.take() == []
    host.advance(0.1 + 3)
    assert len(host.take()) == 2
    assert host.state() == "ESTABLISHED"


def test_any_segment_puts_the_probe_off(host: Host) -> None:
    probed(host)
    for _ in range(5):
        host.advance(8)
        host.next(payload=b"x")
        host.advance(0.3)
        host.take()
    host.advance(9.5)
    assert host.take() == []


def test_segment_outside_the_window_does_not_put_it_off(host: Host) -> None:
    probed(host)
    host.advance(8)
    host.peer(ACK, host.tcb.rcv_nxt - 70_000, host.tcb.snd_nxt)
    host.take()
    host.advance(2)
    assert host.only().seq == seq.add(host.tcb.snd_nxt, -1)


def test_no_probe_while_data_is_outstanding(host: Host) -> None:
    probed(host, idle=1)
    host.send(b"data")
    host.advance(20)
    assert {segment.payload for segment in host.take()} == {b"data"}
    host.next()
    host.advance(2)
    assert host.take()[-1].payload == b""


def test_switched_on_late_counts_from_the_last_segment(host: Host) -> None:
    host.establish()
    host.advance(8)
    host.option("TCP_KEEPIDLE", 10, TCP)
    host.option("SO_KEEPALIVE", 1)
    host.advance(2)
    assert len(host.take()) == 1
    host.option("SO_KEEPALIVE", 0)
    host.advance(1000)
    assert host.take() == []


def test_set_before_the_handshake_and_inherited(host: Host) -> None:
    host.fd = listener = host.listen()
    host.option("TCP_KEEPIDLE", 5, TCP)
    host.option("SO_KEEPALIVE", 1)
    host.option("SO_OOBINLINE", 1)
    host.option("TCP_USER_TIMEOUT", 7000, TCP)
    host.handshake()
    host.fd = host.on("accept", fd=listener).value
    assert (read(host, "SO_KEEPALIVE"), read(host, "SO_OOBINLINE")) == (1, 1)
    assert read(host, "TCP_USER_TIMEOUT", TCP) == 7000
    host.advance(5)
    assert len(host.take()) == 1


def test_half_closed_connection_is_probed(host: Host) -> None:
    probed(host)
    host.on("shutdown", ("name", "SHUT_WR"))
    host.next()
    assert host.state() == "FIN-WAIT-2"
    host.take()
    host.advance(10)
    assert host.only().seq == seq.add(host.tcb.snd_nxt, -1)


def test_time_wait_is_not_probed(host: Host) -> None:
    probed(host)
    host.on("shutdown", ("name", "SHUT_WR"))
    host.next()
    host.next(FIN | ACK)
    host.take()
    host.advance(230)
    assert (host.take(), host.state()) == ([], "TIME-WAIT")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("TCP_KEEPIDLE", 0),
        ("TCP_KEEPIDLE", 32_768),
        ("TCP_KEEPINTVL", 0),
        ("TCP_KEEPINTVL", 32_768),
        ("TCP_KEEPCNT", 0),
        ("TCP_KEEPCNT", 128),
        ("TCP_USER_TIMEOUT", -1),
        ("TCP_USER_TIMEOUT", 1 << 31),
    ],
)
def test_values_out_of_range(host: Host, option: str, value: int) -> None:
    host.fd = host.socket()
    before = read(host, option, TCP)
    names = ("name", TCP), ("name", option), ("value", value)
    assert host.on("setsockopt", *names).errno == "EINVAL"
    assert read(host, option, TCP) == before


@pytest.mark.parametrize(
    ("setting", "level", "option"),
    [
        ("keepalive", "SOL_SOCKET", "SO_KEEPALIVE"),
        ("keepalive", TCP, "TCP_KEEPCNT"),
        ("user_timeout", TCP, "TCP_USER_TIMEOUT"),
    ],
)
def test_stack_without_it(make_host: type[Host], setting: str, level: str, option: str) -> None:
    host = make_host(**{setting: False})
    host.fd = host.socket()
    assert host.on("getsockopt", ("name", level), ("name", option)).errno == "ENOPROTOOPT"


# The user time-out.
@pytest.mark.parametrize("milliseconds", [500, 5_000, 200_000])
def test_unacknowledged_text_ends_the_connection_on_time(host: Host, milliseconds: int) -> None:
    host.establish()
    host.option("TCP_USER_TIMEOUT", milliseconds, TCP)
    host.send(b"data")
    host.advance(milliseconds / 1000 - 0.001)
    assert host.state() == "ESTABLISHED"
    host.take()
    host.advance(0.001)
    assert (host.take(), host.state()) == ([], "CLOSED")
    assert host.assay.read_stats()["timers"] == 0
    assert errno_of(host) == "ETIMEDOUT"


def test_it_does_not_change_when_anything_is_sent(host: Host) -> None:
    host.establish()
    host.option("TCP_USER_TIMEOUT", 8_000, TCP)
    host.send(b"data")
    assert [host.advance_to_timer() for _ in range(4)] == [1, 2, 4, 1]
    assert len(host.take()) == 4


def test_progress_starts_it_again(host: Host) -> None:
    host.establish()
    host.option("TCP_USER_TIMEOUT", 5_000, TCP)
    host.send(b"one")
    for _ in range(4):
        host.advance(4)
        host.next()
        host.send(b"more")
    host.next()
    host.advance(1000)
    assert host.state() == "ESTABLISHED"


def test_answers_that_acknowledge_nothing_do_not(host: Host) -> None:
    host.establish()
    host.option("TCP_USER_TIMEOUT", 5_000, TCP)
    host.send(b"one")
    for _ in range(5):
        assert host.state() == "ESTABLISHED"
        host.advance(1)
        host.next(ack=host.tcb.snd_una) if host.state() == "ESTABLISHED" else None
    assert host.state() == "CLOSED"


def test_closed_window_counts_although_probes_are_answered(host: Host) -> None:
    host.establish(wnd=0)
    host.option("TCP_USER_TIMEOUT", 5_000, TCP)
    host.send(b"stuck")
    for _ in range(9):
        host.advance(0.5)
        host.next(ack=host.tcb.snd_una, wnd=0)
    assert host.state() == "ESTABLISHED"
    host.advance(0.5)
    assert host.state() == "CLOSED"


def test_open_is_given_up(host: Host) -> None:
    host.fd = host.socket()
    host.option("TCP_USER_TIMEOUT", 5_000, TCP)
    address = ("address", ("192.0.2.2", 4000))
    number = host.begin("connect", ("fd", host.fd), address)
    host.advance(5)
    host.collect()
    assert host.returned[number].errno == "ETIMEDOUT"


def test_zero_gives_the_settings_back(host: Host) -> None:
    host.establish()
    host.option("TCP_USER_TIMEOUT", 2_000, TCP)
    host.send(b"data")
    host.option("TCP_USER_TIMEOUT", 0, TCP)
    host.advance(90)
    assert host.state() == "ESTABLISHED"
    host.advance(90)
    assert host.state() == "CLOSED"


def test_set_on_what_is_outstanding_counts_from_its_sending(host: Host) -> None:
    host.establish()
    host.send(b"data")
    host.advance(4)
    host.option("TCP_USER_TIMEOUT", 5_000, TCP)
    host.advance(1)
    assert host.state() == "CLOSED"


def test_passive_open_keeps_its_own_limit(host: Host) -> None:
    host.fd = host.listen()
    host.option("TCP_USER_TIMEOUT", 1_000, TCP)
    host.peer(SYN, 1000)
    host.advance(100)
    assert host.tcb.state is State.SYN_RECEIVED
    host.advance(400)
    assert host.state() == "CLOSED"


def test_it_stands_in_for_the_count_of_probes(host: Host) -> None:
    probed(host, idle=10, interval=3, count=1)
    host.option("TCP_USER_TIMEOUT", 20_000, TCP)
    host.advance(19.9)
    assert host.state() == "ESTABLISHED"
    assert len(host.take()) == 4
    host.advance(3)
    assert host.only().flags & RST
    assert errno_of(host) == "ETIMEDOUT"


def test_none_in_time_wait(host: Host) -> None:
    probed(host)
    host.on("shutdown", ("name", "SHUT_WR"))
    host.next()
    host.next(FIN | ACK)
    assert host.state() == "TIME-WAIT"
    assert host.assay.read_stats()["timers"] == 1


def test_option_of_the_listener_before_accept_counts(host: Host) -> None:
    """SO_KEEPALIVE on a listener with a connection in its queue; accepted, it is probed."""
    listener = host.listen()
    host.handshake()
    host.fd = listener
    host.option("SO_KEEPALIVE", 1)
    host.option("TCP_KEEPIDLE", 10, TCP)
    host.option("TCP_USER_TIMEOUT", 7_000, TCP)
    host.option("SO_RCVBUF", 1_000)
    limits = ("name", "SOL_SOCKET"), ("name", "SO_RCVTIMEO"), ("timeout", 2_000)
    assert host.on("setsockopt", *limits).errno is None
    host.fd = host.on("accept", fd=listener).value
    assert host.tcb.rcv_buffer == read(host, "SO_RCVBUF") == 1_000
    assert host.on("getsockopt", *limits[:2]).get("timeout") == 2_000
    assert host.tcb.patience is not None
    host.advance(10)
    assert host.only().seq == seq.add(host.tcb.snd_nxt, -1)


def test_user_timeout_set_after_the_end_does_nothing(host: Host) -> None:
    host.establish()
    host.send(b"text")
    host.peer(RST, host.tcb.rcv_nxt)
    host.option("TCP_USER_TIMEOUT", 1_000, TCP)
    assert host.assay.read_stats()["timers"] == 0
    assert errno_of(host) == "ECONNRESET"
    host.advance(2)
    assert errno_of(host) is None


def test_user_timeout_of_the_settings_can_be_switched_off(make_host: type[Host]) -> None:
    host = make_host(user_timeout=False, user_timeout_ms=3_000)
    host.establish()
    host.send(b"text")
    host.advance(10)
    assert host.state() == "ESTABLISHED"
