"""Losses found by time (RFC 8985, 6), by the segments that go again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.rack import PERSISTENCE, recovered
from tests.tcpref.test_loss_recovery import MSS, Bulk

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

ROUND_TRIP = 0.1
WINDOW = ROUND_TRIP / 4


def flying(make_host: type[Host], segments: int) -> Bulk:
    """A flight that went out a round trip ago; the first one has measured it."""
    bulk = Bulk(make_host(tail_loss_probe=False), 1)
    assert bulk.sent() == [0]
    bulk.host.advance(ROUND_TRIP)
    bulk.ack(1)
    bulk.first = bulk.tcb.snd_nxt
    assert bulk.tcb.rack is not None
    bulk.tcb.rack.min_rtt = bulk.tcb.rto.srtt = round(ROUND_TRIP * 1e9)
    bulk.host.send(bytes(segments * MSS))
    assert bulk.sent() == list(range(min(segments, 10)))
    bulk.host.advance(ROUND_TRIP)
    return bulk


def test_what_was_sent_before_is_lost(make_host: type[Host]) -> None:
    """The third of four is reported; the first two go again after the window, not the last."""
    bulk = flying(make_host, 4)
    assert bulk.ack(0, (2, 3)) == []
    bulk.host.advance(0.9 * WINDOW)
    assert bulk.sent() == []
    bulk.host.advance(0.2 * WINDOW)
    assert bulk.sent() == [0]
    assert bulk.ack(1, (2, 3)) == [1]


def test_part_of_a_segment_tells_nothing(make_host: type[Host]) -> None:
    """Half of the third segment is reported; it has not arrived, and nothing is lost."""
    bulk = flying(make_host, 3)
    bulk.ack(0, (2, 2.5))
    bulk.host.advance(ROUND_TRIP)
    assert bulk.sent() == []


def test_lost_again_halves_again(make_host: type[Host]) -> None:
    """A repetition is lost; it goes once more, and so does half the window (9.3)."""
    bulk = flying(make_host, 10)
    assert bulk.ack(0, (1, 9)) == [0]
    cwnd = bulk.tcb.congestion.cwnd
    bulk.host.send(bytes(10 * MSS))
    assert bulk.sent()
    bulk.host.advance(ROUND_TRIP)
    assert bulk.ack(0, (1, 11))[:1] == [0]
    assert bulk.tcb.congestion.cwnd < cwnd


def test_window_comes_back(make_host: type[Host]) -> None:
    """One D-SACK, and sixteen recoveries without another; the window is what it was."""
    bulk = flying(make_host, 3)
    rack = bulk.tcb.rack
    assert rack is not None
    bulk.ack(1, (0, 1))
    bulk.ack(1, (0, 1))
    assert (rack.multiplier, rack.persist) == (2, PERSISTENCE)
    for _ in range(PERSISTENCE - 1):
        recovered(rack)
    assert rack.multiplier == 2
    recovered(rack)
    assert rack.multiplier == 1


def test_records_are_those_of_the_flight(make_host: type[Host]) -> None:
    """Segments go, go again in other pieces, and are acknowledged; the records follow."""
    bulk = flying(make_host, 4)
    rack = bulk.tcb.rack
    assert rack is not None
    assert [sent.end for sent in rack.flight] == [bulk.seq(number) for number in (1, 2, 3, 4)]
    bulk.ack(0, (3, 4))
    bulk.host.advance(WINDOW)
    bulk.ack(0.5, (3, 4))
    assert rack.flight[-1].here
    assert rack.flight[-1].end == bulk.seq(4)
    bulk.ack(4)
    assert rack.flight == []


def test_probe_when_the_timer_is_due_as_well(make_host: type[Host]) -> None:
    """Two round trips are longer than RTO; the probe goes then, and RTO runs anew (7.2)."""
    bulk = Bulk(make_host(), 1)
    bulk.ack(1)
    assert bulk.tcb.rto.srtt is not None
    bulk.tcb.rto.srtt, bulk.tcb.rto.rto = round(0.9e9), round(1.0e9)
    bulk.host.send(bytes(2 * MSS))
    assert bulk.sent() == [1, 2]
    bulk.host.advance(1.01)
    assert bulk.sent() == [2]
    bulk.host.advance(0.9)
    assert bulk.sent() == []
    bulk.host.advance(0.2)
    assert bulk.sent() == [1]
