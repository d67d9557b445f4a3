"""The congestion window (RFC 5681, RFC 6928), by what is sent and by what the stack tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref.congestion import NO_LIMIT, Congestion
from tcpref.reno import initial_window

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

MSS = 1460


@pytest.mark.parametrize(
    ("mss", "segments", "octets"),
    [
        (536, 10, 5_360),
        (1460, 10, 14_600),
        (1461, 10, 14_600),
        (8_960, 10, 17_920),
        (536, 4, 2_144),
        (1095, 4, 4_380),
        (1096, 4, 3_288),
        (2191, 4, 4_382),
        (8_960, 1, 8_960),
        (1460, 30, 43_800),
    ],
)
def test_initial_window(mss: int, segments: int, octets: int) -> None:
    """The formula of RFC 6928 and the table of RFC 5681."""
    assert initial_window(mss, segments) == octets


def window(host: Host) -> int:
    """The congestion window as the stack tells it, in segments."""
    return host.assay.read_state(("192.0.2.1", 80), ("192.0.2.2", 4000))[1]["snd.cwnd"] // MSS


def threshold(host: Host) -> int:
    """ssthresh, in segments."""
    return host.tcb.congestion.ssthresh // MSS


def test_slow_start_and_congestion_avoidance(host: Host) -> None:
    """ACKs of two segments; one segment more for each, then one for a whole window."""
    host.establish()
    host.send(bytes(60_000))
    first = host.take()[0].seq
    assert window(host) == 10
    for number in range(2, 11, 2):
        host.next(ack=first + number * MSS)
    assert window(host) == 15
    host.tcb.congestion.ssthresh = 15 * MSS
    for number in range(11, 26):
        assert window(host) == 15
        host.next(ack=first + number * MSS)
    assert window(host) == 16


def test_window_that_is_not_used_does_not_grow(host: Host) -> None:
    """Twenty small writes, each acknowledged; cwnd stays."""
    host.establish()
    for _ in range(20):
        host.send(b"x" * 100)
        host.next()
    assert host.tcb.congestion.cwnd == 10 * MSS


def test_time_out_of_the_same_text(host: Host) -> None:
    """Two time-outs in a row; the second leaves ssthresh as it is (RFC 5681, 3.1)."""
    host.establish()
    host.send(bytes(60_000))
    host.advance(1.1)
    assert (window(host), threshold(host)) == (1, 5)
    host.advance(2.1)
    assert (window(host), threshold(host)) == (1, 5)


def test_threshold_has_a_floor(host: Host) -> None:
    """One segment is lost; ssthresh is two of them."""
    host.establish()
    host.send(b"small")
    host.advance(1.1)
    assert (window(host), threshold(host)) == (1, 2)


def test_no_congestion_control(make_host: type[Host]) -> None:
    """The peer's window is what counts, also after a time-out."""
    host = make_host(congestion_control="none")
    host.establish()
    host.send(bytes(40 * MSS))
    assert sum(len(s.payload) for s in host.take()) == 40 * MSS
    host.advance(1.1)
    host.next(ack=host.tcb.snd_una + MSS)
    assert host.tcb.congestion.cwnd == NO_LIMIT


def test_interface_without_effect() -> None:
    """Every event of the interface; an algorithm that ignores all of them limits nothing."""
    plain = Congestion()
    assert (plain.cwnd, plain.ssthresh) == (NO_LIMIT, NO_LIMIT)


def test_congestion_experienced(host: Host) -> None:
    """The hook for ECN; the window is halved, and nothing is sent."""
    host.establish()
    host.send(bytes(60_000))
    host.take()
    host.tcb.congestion.congestion_experienced(host.tcb)
    assert (window(host), threshold(host)) == (5, 5)
    assert host.take() == []


def test_a_window_is_a_segment_at_least(host: Host) -> None:
    """Eff.snd.MSS grows beyond cwnd; before the handshake is over there is no window."""
    host.connect()
    host.tcb.congestion.resized(host.tcb)
    assert host.tcb.congestion.cwnd == 0
    Congestion().resized(host.tcb)


def test_restart_after_idle(host: Host) -> None:
    """More than RTO without a segment; the restart window is no larger than cwnd was."""
    host.establish()
    congestion = host.tcb.congestion
    for cwnd, wanted in ((40 * MSS, 10), (3 * MSS, 3)):
        congestion.cwnd = cwnd
        host.send(b"x")
        host.next()
        assert window(host) == cwnd // MSS
        host.advance(1.5)
        host.send(b"x")
        assert window(host) == wanted
        host.next()


def test_limited_transmit_can_be_left_out(make_host: type[Host]) -> None:
    """Two duplicate ACKs with a full window; nothing new without RFC 3042."""
    host = make_host(limited_transmit=False)
    host.establish()
    host.send(bytes(60_000))
    una = host.take()[0].seq
    for _ in range(2):
        host.next(ack=una)
    assert host.take() == []
    host.next(ack=una)
    assert host.only().seq == una


def test_fin_does_not_wait_for_the_window(host: Host) -> None:
    """As much text as cwnd lets out, then close; the FIN goes."""
    host.establish()
    host.send(bytes(10 * MSS))
    host.take()
    assert host.on("shutdown", ("name", "SHUT_WR")).errno is None
    assert host.only().seq == host.tcb.snd_nxt - 1
