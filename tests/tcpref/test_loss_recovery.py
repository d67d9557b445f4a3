"""Recovery with SACK (RFC 6675), by the segments that go again, in numbers of full segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref import options, seq
from tcpref.segment import ACK, FIN, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tcpref.conftest import Host

MSS = 1460
PEER_ISS = 1000
Span = tuple[float, float]


class Bulk:
    """A connection with SACK, and so many segments handed over."""

    def __init__(self, host: Host, segments: int) -> None:
        self.host = host
        listener = host.listen()
        host.peer(
            SYN,
            PEER_ISS,
            options=options.build_mss(MSS) + options.build_sack_permitted(),
        )
        host.peer(ACK, PEER_ISS + 1, host.only().seq + 1)
        host.fd = host.on("accept", fd=listener).value
        self.tcb = host.tcb
        self.first = self.tcb.snd_nxt
        host.send(bytes(segments * MSS))

    def seq(self, number: float) -> int:
        """The number at which a segment begins."""
        return seq.add(self.first, round(number * MSS))

    def sent(self) -> list[float]:
        """The segments that have gone out since the last time."""
        return [
            seq.distance(segment.seq, self.first) / MSS
            for segment in self.host.take()
            if segment.payload or segment.flags & FIN
        ]

    def ack(self, upto: float, *spans: Span, wnd: int = 65_535) -> list[float]:
        """An ACK that reports these spans; what goes out then."""
        blocks = [(self.seq(left), self.seq(right)) for left, right in spans]
        option = options.build_sack(blocks) if blocks else b""
        self.host.peer(ACK, PEER_ISS + 1, self.seq(upto), options=option, wnd=wnd)
        return self.sent()


@pytest.fixture
def host(make_host: type[Host]) -> Host:
    """A stack without RACK."""
    return make_host(rack=False)


@pytest.fixture
def bulk(host: Host) -> Iterator[Bulk]:
    """44 segments, ten of them on their way."""
    made = Bulk(host, 44)
    assert made.sent() == list(range(10))
    yield made
    assert made.tcb.left_network <= made.tcb.flight


def test_pipe_of_the_rfc(bulk: Bulk) -> None:
    """Segments 0 and 4 are lost; what is sent with each report is what cwnd - pipe has room for."""
    assert bulk.ack(0, (1, 2)) == [10]
    assert bulk.ack(0, (1, 3)) == [11]
    assert bulk.ack(0, (1, 4)) == [0]
    assert bulk.tcb.congestion.cwnd == 5 * MSS
    assert bulk.ack(0, (5, 6), (1, 4)) == []
    assert bulk.ack(0, (5, 7), (1, 4)) == []
    assert bulk.ack(0, (5, 8), (1, 4)) == []
    assert bulk.ack(0, (5, 9), (1, 4)) == [4]
    assert bulk.ack(0, (5, 10), (1, 4)) == [12]
    assert bulk.ack(0, (5, 11), (1, 4)) == [13]
    assert bulk.ack(4, (5, 12)) == [14, 15]
    assert bulk.ack(12) == [16]
    assert bulk.tcb.recovery is None


def test_holes_that_are_not_lost_yet(host: Host) -> None:
    """No new text is left; a hole with too little above it goes again all the same (rule 3)."""
    bulk = Bulk(host, 6)
    bulk.sent()
    assert bulk.ack(0, (1, 4), (5, 6)) == [0, 4]


def test_rescue_of_the_last_segment(host: Host) -> None:
    """The first and the last of six are lost; once the first is there the last goes too, once."""
    bulk = Bulk(host, 6)
    bulk.sent()
    assert bulk.ack(0, (1, 4)) == [0]
    assert bulk.ack(4) == [5]
    assert bulk.ack(4, (4, 4.5)) == []
    assert bulk.ack(6) == []
    assert bulk.tcb.recovery is None


def test_repeated_segment_that_is_lost_again(bulk: Bulk) -> None:
    """Three segments sent after the repetition arrive, it does not; it goes once more."""
    assert bulk.ack(0, (1, 4)) == [0]
    assert bulk.ack(0, (1, 6)) == []
    assert bulk.ack(0, (1, 10)) == [10, 11, 12, 13]
    assert bulk.tcb.congestion.cwnd == 5 * MSS
    assert bulk.ack(0, (1, 12)) == [14, 15]
    assert bulk.ack(0, (1, 13)) == [0]
    assert bulk.tcb.congestion.cwnd == round(2.5 * MSS)


def test_without_looking_for_lost_repetitions(make_host: type[Host]) -> None:
    """The same without the setting; it is for the timer."""
    bulk = Bulk(make_host(rack=False, lost_retransmissions=False), 44)
    bulk.sent()
    assert bulk.ack(0, (1, 10))[0] == 0
    assert 0 not in bulk.ack(0, (1, 13))
    bulk.host.advance(1.5)
    assert bulk.sent()[0] == 0


def test_time_out_forgets_reports(bulk: Bulk) -> None:
    """After a time-out all counts as lost, until the peer reports it anew."""
    bulk.ack(0, (1, 3))
    bulk.host.advance(1.5)
    assert bulk.sent() == [0]
    assert bulk.tcb.scoreboard.blocks == []
    assert bulk.ack(1, (2, 4)) == [1, 4]
    assert bulk.ack(4) == [5, 6]


def test_window_that_has_shrunk(bulk: Bulk) -> None:
    """A loss beyond the peer's new window; it waits until the window has opened (SHLD-16)."""
    assert bulk.ack(0, (1, 4)) == [0]
    assert bulk.ack(4, (5, 10), wnd=0) == []
    assert bulk.ack(4, (5, 10), wnd=30_000)[:1] == [4]


def test_reports_open_room_before_recovery(bulk: Bulk) -> None:
    """Half a segment is reported; that is too little for a new one (RFC 6675, 5, step 3)."""
    assert bulk.ack(0, (1, 1.5)) == []
    assert bulk.ack(0, (1, 2)) == [10]


def test_plain_duplicates_do_not_count_with_sack(bulk: Bulk) -> None:
    """Ten ACKs without a report on a connection with SACK; nothing is sent (RFC 6675, 2)."""
    assert [bulk.ack(0) for _ in range(10)] == [[]] * 10
    assert bulk.tcb.dup_acks == 0


def test_fin_is_repaired(host: Host) -> None:
    """Text and FIN, the text is lost; then a FIN that is lost with the last text."""
    bulk = Bulk(host, 5)
    assert host.on("shutdown", ("name", "SHUT_WR")).errno is None
    assert bulk.sent() == [0, 1, 2, 3, 4, 5]
    assert bulk.ack(0, (1, 4)) == [0]
    assert bulk.ack(4)[:1] == [4]
    assert host.tcb.snd_nxt == bulk.seq(5) + 1


def test_without_sack_nothing_is_negotiated(make_host: type[Host]) -> None:
    """The setting off; SYN,ACK without permission, and reports are not read."""
    bulk = Bulk(make_host(sack=False), 44)
    bulk.sent()
    assert bulk.ack(0, (1, 9)) == [10]
    assert bulk.tcb.scoreboard.blocks == []
