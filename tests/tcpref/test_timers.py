"""What time does: retransmission, giving up, probes, delayed ACKs, and what limits sending."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref.rto import RtoEstimator
from tcpref.segment import ACK, FIN, PSH, RST, SYN
from tcpref.timers import Timer, TimerKind, TimerQueue

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

SECOND = 1_000_000_000


def test_rto_follows_rfc_6298() -> None:
    rto = RtoEstimator(SECOND, SECOND, 60 * SECOND)
    rto.start_timing(5, 0)
    rto.acknowledged(4, SECOND)
    assert rto.srtt is None
    rto.acknowledged(5, 600_000_000)
    assert rto.rto == 1_800_000_000
    rto.sample(600_000_000)
    assert rto.rto == 600_000_000 + 4 * 225_000_000
    for _ in range(40):
        rto.sample(1000)
    assert rto.rto == SECOND
    for _ in range(9):
        rto.back_off()
    assert rto.rto == 60 * SECOND


def test_karn_takes_no_sample_of_what_was_sent_twice(host: Host) -> None:
    host.establish()
    before = host.tcb.rto.srtt
    host.send(b"twice")
    assert host.advance_to_timer() == pytest.approx(1)
    host.advance(1.9)
    host.next()
    assert (host.tcb.rto.srtt, host.tcb.rto.rto) == (before, 2 * SECOND)
    host.send(b"once")
    host.advance(0.1)
    host.next()
    assert host.tcb.rto.rto == SECOND


def retransmissions(host: Host) -> list[float]:
    """Seconds between the segments that are sent until the connection is gone."""
    gaps: list[float] = []
    waited = 0.0
    while host.assay.next_timeout() is not None:
        waited += host.advance_to_timer()
        if host.take():
            gaps.append(round(waited, 3))
            waited = 0.0
    return [*gaps, round(waited, 3)]


def test_unanswered_syn_is_given_up_after_three_minutes(host: Host) -> None:
    call = host.connect()
    syn = host.only()
    assert retransmissions(host) == [1, 2, 4, 8, 16, 32, 60, 60]
    assert host.now >= 180 * SECOND
    assert host.returned[call].errno == "ETIMEDOUT"
    assert (syn.flags, syn.options.mss) == (SYN, 1460)


def test_unanswered_syn_ack_is_given_up(host: Host) -> None:
    host.listen()
    host.peer(SYN, 1)
    host.take()
    assert retransmissions(host) == [1, 2, 4, 8, 16, 32, 60, 60]
    assert not any(value for name, value in host.assay.read_stats().items() if name != "listeners")


def test_unacknowledged_text_is_given_up_after_r2(host: Host) -> None:
    host.establish()
    reader = host.begin("recv", ("fd", host.fd), ("length", 1))
    host.send(b"hello")
    host.take()
    assert retransmissions(host) == [1, 2, 4, 8, 16, 32, 60]
    assert host.returned[reader].errno == "ETIMEDOUT"


def test_first_data_after_a_lost_syn_waits_three_seconds(host: Host) -> None:
    host.connect()
    iss = host.only().seq
    host.advance(1)
    host.peer(SYN | ACK, 900, iss + 1)
    host.send(b"x")
    assert host.advance_to_timer() == pytest.approx(3)


def test_earliest_segment_is_retransmitted_and_progress_restarts_the_timer(host: Host) -> None:
    host.establish()
    host.on("setsockopt", ("name", "IPPROTO_TCP"), ("name", "TCP_NODELAY"), ("value", 1))
    for word in (b"one", b"two", b"three"):
        host.send(word)
    first = host.take()[0]
    host.advance(0.5)
    host.next(ack=first.seq + 3)
    host.advance(0.99)
    assert host.take() == []
    host.advance(0.02)
    assert host.only().seq == first.seq + 3


def test_third_duplicate_ack_retransmits_at_once(host: Host) -> None:
    host.establish()
    host.send(b"d" * 14600)
    sent = host.take()
    for expected in (0, 0, 1, 0, 0):
        host.next(ack=sent[0].seq)
        assert len(host.take()) == expected
    host.next(ack=sent[4].seq)
    assert host.only().seq == sent[4].seq
    host.next(ack=sent[9].seq + 1460)
    assert host.take() == []
    assert host.tcb.recovery is None


@pytest.mark.parametrize("text", [b"w" * 3000, b""])
def test_closed_window_is_probed_with_growing_gaps(host: Host, text: bytes) -> None:
    host.establish(wnd=0)
    host.send(text)
    host.on("shutdown", ("name", "SHUT_WR"))
    una = host.tcb.snd_una
    assert host.take() == []
    gaps = []
    for _ in range(12):
        gaps.append(round(host.advance_to_timer()))
        probe = host.only()
        assert (probe.seq, len(probe.payload)) == (una, min(1, len(text)))
        host.next(ack=una, wnd=0)
    assert gaps[:7] == [1, 2, 4, 8, 16, 32, 60]
    host.next(ack=una, wnd=65535)
    sent = host.take()
    assert b"".join(segment.payload for segment in sent) == text
    assert sent[-1].flags & FIN


def test_first_probe_waits_one_rto_whatever_ran_before(host: Host) -> None:
    host.establish(wnd=2000)
    host.send(b"o" * 5000)
    host.next(wnd=10)
    host.take()
    host.advance(0.3)
    host.next(wnd=0)
    host.advance(0.99)
    assert host.take() == []
    host.advance(0.02)
    assert [len(s.payload) for s in host.take()] == [1]


def test_override_does_not_wait_for_a_probe(host: Host) -> None:
    host.establish(wnd=2000)
    host.send(b"o" * 9000)
    host.next(wnd=0)
    host.take()
    for _ in range(6):
        host.advance_to_timer()
        host.next(wnd=0)
    host.take()
    host.next(wnd=10)
    assert host.take() == []
    host.advance(0.51)
    assert [len(s.payload) for s in host.take()] == [10]


def test_unanswered_probes_end_the_connection(host: Host) -> None:
    host.establish(wnd=0)
    host.send(b"w")
    host.advance(300)
    assert host.recv().errno == "ETIMEDOUT"


def test_shrunk_window_stops_new_text_and_is_survived(host: Host) -> None:
    host.establish(wnd=4000)
    host.send(b"s" * 8000)
    sent = host.take()
    una = sent[0].seq
    host.next(ack=una, wnd=1000)
    assert host.take() == []
    host.advance(1.1)
    again = host.only()
    assert (again.seq, len(again.payload)) == (una, 1000)
    for _ in range(4):
        host.next(wnd=8000)
        sent += host.take()
    starts = {s.seq - una: len(s.payload) for s in sent}
    reached = 0
    for start in sorted(starts):
        assert start <= reached
        reached = max(reached, start + starts[start])
    assert reached == 8000


def test_nagle_and_its_switch(host: Host) -> None:
    host.establish()
    for word in (b"1111111111", b"2222222222", b"3333333333"):
        host.send(word)
    assert [s.payload for s in host.take()] == [b"1111111111"]
    host.send(b"f" * 1460)
    assert [len(s.payload) for s in host.take()] == [1460]
    host.option("TCP_NODELAY", 1, "IPPROTO_TCP")
    assert [len(s.payload) for s in host.take()] == [20]


def test_silly_windows_wait_for_the_override(host: Host) -> None:
    host.establish(wnd=2000)
    host.send(b"o" * 5000)
    host.take()
    host.next(wnd=10)
    assert host.take() == []
    host.advance(0.51)
    assert [len(s.payload) for s in host.take()] == [10]


def test_push_marks_the_last_segment(host: Host) -> None:
    host.establish()
    host.send(b"p" * 3500)
    assert [(len(s.payload), s.flags) for s in host.take()] == [
        (1460, ACK),
        (1460, ACK),
    ]
    host.next()
    assert [(len(s.payload), s.flags) for s in host.take()] == [(580, ACK | PSH)]


@pytest.mark.parametrize(
    ("mss", "size"), [(None, 536), (1460, 1460), (9000, 1460), (100, 100), (0, 48), (1, 48)]
)
def test_effective_send_mss(host: Host, mss: int | None, size: int) -> None:
    host.listen()
    option = b"" if mss is None else bytes((2, 4, mss >> 8, mss & 255))
    host.peer(SYN, 1, options=option)
    host.peer(ACK, 2, host.only().seq + 1)
    host.fd = host.on("accept", fd=3).value
    host.send(b"m" * 20000)
    assert max(len(segment.payload) for segment in host.take()) == size


def test_acks_are_delayed_and_every_second_segment_is_acknowledged(host: Host) -> None:
    host.establish()
    host.next(payload=b"f" * 1460)
    assert host.take() == []
    assert 0 < host.advance_to_timer() < 0.5
    assert host.only().ack == host.tcb.rcv_nxt
    host.next(payload=b"f" * 1460)
    host.next(payload=b"f" * 1460)
    assert host.only().ack == host.tcb.rcv_nxt
    host.next(payload=b"question")
    host.send(b"answer")
    assert (host.only().payload, host.assay.next_timeout()) != (b"answer", None)
    host.advance(0.4)
    assert host.take() == []


def test_window_opens_in_worthwhile_steps(make_host: type[Host]) -> None:
    host = make_host(rcv_buffer=4000)
    host.establish()
    host.next(payload=b"r" * 4000)
    assert host.only().wnd == 0
    for _ in range(14):
        host.recv(100)
    assert host.take() == []
    host.recv(100)
    assert host.only().wnd == 1500


def test_nobody_is_told_of_a_window_after_its_fin(host: Host) -> None:
    host.establish()
    host.on("shutdown", ("name", "SHUT_WR"))
    host.next()
    for _ in range(44):
        host.next(payload=b"r" * 1460)
    host.next(FIN | ACK)
    assert host.state() == "TIME-WAIT"
    host.take()
    assert host.recv(65535).value == 44 * 1460
    assert host.take() == []


def test_right_edge_never_moves_left(host: Host) -> None:
    host.establish()
    edge = host.tcb.rcv_edge
    host.option("SO_RCVBUF", 1000)
    host.next(payload=b"r" * 100)
    host.advance(1)
    answer = host.only()
    assert (answer.ack + answer.wnd) % 2**32 == edge


def test_abandoned_fin_wait_2_ends(host: Host) -> None:
    host.establish()
    host.on("close")
    host.next()
    host.advance(239)
    assert host.state() == "FIN-WAIT-2"
    host.advance(2)
    assert host.state() == "CLOSED"


def test_half_closed_connection_is_not_abandoned(host: Host) -> None:
    host.establish()
    host.on("shutdown", ("name", "SHUT_WR"))
    host.next()
    host.advance(10_000)
    host.take()
    host.next(payload=b"still here")
    assert host.recv().get("octets") == b"still here"
    host.on("close")
    host.next(payload=b"nobody here")
    assert host.take()[-1].flags == RST


def test_timer_queue_puts_off_and_stops() -> None:
    queue = TimerQueue()
    first, second = Timer(TimerKind.CALL, "first"), Timer(TimerKind.CALL, "second")
    queue.start(first, 10)
    queue.start(second, 20)
    queue.start(first, 30)
    assert (queue.next_deadline(), queue.running()) == (20, 2)
    queue.start(first, 15)
    assert queue.next_deadline() == 15
    second.stop()
    assert [timer.owner for timer in queue.due(100)] == ["first"]
    assert (queue.next_deadline(), queue.running()) == (None, 0)


def test_timer_queue_forgets_what_no_longer_runs() -> None:
    queue = TimerQueue()
    kept = Timer(TimerKind.CALL, "kept")
    queue.start(kept, 5_000)
    for number in range(3_000):
        gone = Timer(TimerKind.CALL, number)
        queue.start(gone, 10_000)
        gone.stop()
    assert len(queue) < 200
    assert queue.running() == 1
    assert [timer.owner for timer in queue.due(10_000)] == ["kept"]


def test_segments_fit_a_link_smaller_than_the_least_mss(make_host: type[Host]) -> None:
    """An MTU of 68 and a peer of any MSS; no datagram is longer (MUST-16)."""
    host = make_host(mtu=68)
    host.establish()
    host.send(bytes(100))
    assert {len(segment.payload) for segment in host.take()} == {28}
