"""What the receiver reports (RFC 2018, RFC 2883) where no case from outside looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref import options, seq
from tcpref.segment import ACK, FIN, SYN

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

MSS = 1460
PEER_ISS = 1000
ISN = PEER_ISS + 1


def permitted(host: Host, *, stamps: bool = False) -> None:
    """An accepted connection with SACK."""
    listener = host.listen()
    offered = options.build_mss(MSS) + options.build_sack_permitted()
    stamp = options.build_timestamps(1, 0) if stamps else b""
    host.peer(SYN, PEER_ISS, options=offered + stamp)
    answer = host.only()
    assert answer.options.sack_permitted
    host.peer(ACK, ISN, answer.seq + 1, options=stamp)
    host.fd = host.on("accept", fd=listener).value
    host.take()


def text(host: Host, start: int, stop: int, *, flags: int = ACK, stamps: int | None = None) -> None:
    """Octets of the peer's, counted from 0."""
    option = b"" if stamps is None else options.build_timestamps(stamps, 0)
    host.peer(flags, ISN + start, host.tcb.snd_nxt, payload=bytes(stop - start), options=option)


def blocks(host: Host) -> list[tuple[int, int]]:
    """The blocks of the one segment that was sent."""
    return [
        (seq.distance(left, ISN), seq.distance(right, ISN))
        for left, right in host.only().options.sack
    ]


@pytest.fixture
def open_host(host: Host) -> Host:
    """A connection with SACK."""
    permitted(host)
    return host


def test_segment_that_finds_no_room(make_host: type[Host]) -> None:
    """The queue is full; the newest segment is reported once, and no block that has gone."""
    host = make_host(reassembly_blocks=1)
    permitted(host)
    text(host, 100, 200)
    assert blocks(host) == [(100, 200)]
    text(host, 300, 400)
    assert blocks(host) == [(300, 400), (100, 200)]
    text(host, 150, 200)
    assert blocks(host) == [(150, 200), (100, 200)]


def test_option_beside_timestamps(host: Host) -> None:
    """Four islands and a duplicate with timestamps; three blocks fit the header."""
    permitted(host, stamps=True)
    for start in (100, 300, 500, 700):
        text(host, start, start + 100, stamps=1)
    assert host.take()[-1].options.sack[0] == (ISN + 700, ISN + 800)
    text(host, 100, 200, stamps=1)
    assert blocks(host) == [(100, 200), (100, 200), (700, 800)]


def test_delayed_copy_that_paws_refuses(host: Host) -> None:
    """A copy with an old timestamp; it is reported as a duplicate."""
    permitted(host, stamps=True)
    text(host, 0, 100, stamps=500)
    host.advance(0.5)
    host.take()
    text(host, 0, 100, stamps=400)
    assert blocks(host) == [(0, 100)]


def test_each_duplicate_is_told_of_once(make_host: type[Host]) -> None:
    """Duplicates beyond the limit of challenges; each has an answer, no later ACK tells of it."""
    host = make_host(challenge_acks_per_s=1)
    permitted(host)
    text(host, 0, 100)
    host.advance(0.5)
    host.take()
    text(host, 0, 100)
    assert blocks(host) == [(0, 100)]
    text(host, 0, 100)
    assert blocks(host) == [(0, 100)]
    text(host, 200, 300)
    assert blocks(host) == [(200, 300)]


def test_duplicates_are_not_reported_without_the_setting(make_host: type[Host]) -> None:
    """RFC 2883 off; RFC 2018 as it is."""
    host = make_host(dsack=False)
    permitted(host)
    text(host, 100, 200)
    assert blocks(host) == [(100, 200)]
    text(host, 100, 200)
    assert blocks(host) == [(100, 200)]


def test_nothing_waits_behind_the_fin(open_host: Host) -> None:
    """A FIN fills the last hole with text beyond it; no blocks are left."""
    host = open_host
    text(host, 100, 200)
    host.take()
    text(host, 0, 50, flags=ACK | FIN)
    assert blocks(host) == []
    assert host.tcb.sack_report is None


def test_connection_in_order_keeps_no_report(open_host: Host) -> None:
    """Text in order, then a hole that is filled; no state is left of it."""
    host = open_host
    reports = []
    for start in (0, 200, 100):
        text(host, start, start + 100)
        host.take()
        reports.append(host.tcb.sack_report is not None)
    assert reports == [False, True, False]


def test_text_leaves_room_for_blocks(open_host: Host) -> None:
    """Full segments while text waits; text and options make up the MSS."""
    host = open_host
    for start in (100, 300):
        text(host, start, start + 100)
    host.take()
    host.send(bytes(4 * MSS))
    assert [len(segment.payload) for segment in host.take()] == [MSS - 20] * 4


def test_silence_on_what_was_not_permitted(host: Host) -> None:
    """The peer's SYN without the option; holes are not reported."""
    host.establish()
    host.peer(ACK, ISN + 100, host.tcb.snd_nxt, payload=bytes(100))
    assert host.only().options.sack == ()
