"""SYN cookies: connections out of a number, and floods that cost nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tcpref import cookies, seq
from tcpref.cookies import Told
from tcpref.ipv4 import from_text
from tcpref.segment import ACK, FIN, RST, SYN, build_segment
from tcpref.settings import Settings

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

PEER_ISS = 1000
SECOND = 1_000_000_000


def packed(text: str) -> bytes:
    """An address in four octets."""
    address = from_text(text)
    assert address is not None
    return address


KEY = (packed("192.0.2.1"), 80, packed("192.0.2.2"), 4000)
SECRET = b"s" * 16
LINES = Settings()
PLAIN = Told(1460, stamped=False)


def checked(cookie: int, later: float = 0, secret: bytes = SECRET, iss: int = 5) -> Told | None:
    """What `check` makes of a cookie so many seconds after 10,000 s."""
    return cookies.check(secret, KEY, iss, cookie, round((10_000 + later) * SECOND), LINES)


def made(mss: int = 1460, *, stamped: bool = False) -> int:
    return cookies.make(SECRET, KEY, 5, Told(mss, stamped), 10_000 * SECOND)


@pytest.mark.parametrize(
    ("offered", "kept"),
    [(0, 48), (48, 48), (535, 48), (536, 536), (1439, 1400), (1460, 1460), (65535, 8940)],
)
@pytest.mark.parametrize("stamped", [True, False])
def test_size_survives(offered: int, kept: int, stamped: bool) -> None:
    assert checked(made(offered, stamped=stamped)) == (kept, stamped)


def test_any_other_number_is_none_of_ours() -> None:
    cookie = made()
    assert all(checked(cookie ^ 1 << bit) is None for bit in range(32))
    assert checked(cookie, secret=b"t" * 16) is None
    assert checked(cookie, iss=6) is None
    other = (*KEY[:3], 4001)
    assert cookies.check(SECRET, other, 5, cookie, 10_000 * SECOND, LINES) is None


def test_cookie_ages() -> None:
    """Good for at least two minutes, and for at most three counts; not 16 counts later either."""
    cookie = made()
    assert checked(cookie, 128) == PLAIN
    assert checked(cookie, 3 * 64) is None
    assert all(checked(cookie, 64 * counts) is None for counts in range(3, 70))


def test_first_minutes() -> None:
    """A count that would lie before the start is none."""
    cookie = cookies.make(SECRET, KEY, 5, PLAIN, 0)
    assert cookies.check(SECRET, KEY, 5, cookie, 0, LINES) == PLAIN
    assert cookies.check(SECRET, KEY, 5, (cookie + (15 << 28)) & seq.MASK, 0, LINES) is None


@pytest.fixture
def always(make_host: type[Host]) -> Host:
    """A host that answers every SYN with a cookie, and listens."""
    host = make_host(syn_cookies="always")
    host.fd = host.listen()
    return host


def test_connection_out_of_a_cookie(always: Host) -> None:
    host = always
    answer = host.handshake()
    assert (answer.flags, answer.ack, answer.options.mss) == (SYN | ACK, PEER_ISS + 1, 1460)
    assert (host.state(), host.tcb.snd_mss, host.tcb.snd_wnd) == ("ESTABLISHED", 1460, 65535)
    host.fd = host.on("accept", fd=host.fd).value
    host.send(b"hello")
    sent = host.only()
    assert (sent.seq, sent.payload) == (answer.seq + 1, b"hello")
    host.next(payload=b"you")
    assert host.recv().get("octets") == b"you"


def test_nothing_is_kept_between(always: Host) -> None:
    host = always
    host.peer(SYN, PEER_ISS, payload=b"lost")
    assert host.only().ack == PEER_ISS + 1
    assert host.assay.read_stats()["connections"] == host.assay.read_stats()["timers"] == 0


@pytest.mark.parametrize("flags", [ACK, ACK | FIN])
def test_text_on_the_third_segment_counts(always: Host, flags: int) -> None:
    host = always
    host.peer(SYN, PEER_ISS)
    answer = host.only()
    host.peer(flags, PEER_ISS + 1, answer.seq + 1, payload=b"text")
    host.fd = host.on("accept", fd=host.fd).value
    assert host.recv().get("octets") == b"text"
    assert host.state() == ("CLOSE-WAIT" if flags & FIN else "ESTABLISHED")


@pytest.mark.parametrize(("ahead", "seconds"), [(2, 0), (0, 0), (1 << 24, 0), (1, 200)])
def test_wrong_or_old_cookie_is_reset(always: Host, ahead: int, seconds: int) -> None:
    host = always
    host.peer(SYN, PEER_ISS)
    answer = host.only()
    host.advance(seconds)
    wrong = seq.add(answer.seq, ahead)
    host.peer(ACK, PEER_ISS + 1, wrong)
    reset = host.only()
    assert (reset.flags, reset.seq) == (RST, wrong)
    assert host.assay.read_stats()["connections"] == 0


def test_no_cookie_is_believed_before_one_was_sent(make_host: type[Host]) -> None:
    host = make_host(syn_cookies="full")
    host.listen()
    cookie = cookies.make(host.assay.stack.secret, KEY, PEER_ISS, PLAIN, 0)
    host.peer(ACK, PEER_ISS + 1, cookie + 1)
    assert host.only().flags == RST


def test_full_queue_goes_over_to_cookies(make_host: type[Host]) -> None:
    host = make_host(syn_cookies="full", syn_queue=2)
    host.listen(3)
    for port in (5000, 5001, 5002, 5003):
        host.peer(SYN, PEER_ISS, port=port)
    answers = {segment.dst_port: segment for segment in host.take()}
    assert len(answers) == 4
    assert host.assay.read_stats()["syn_queue"] == 2
    for port in (5003, 5002, 5001):
        host.peer(ACK, PEER_ISS + 1, answers[port].seq + 1, port=port)
    assert host.take() == []
    assert [host.state(port) for port in (5000, 5001, 5002, 5003)] == [
        "SYN-RECEIVED", "ESTABLISHED", "ESTABLISHED", "ESTABLISHED",
    ]  # fmt: skip
    host.peer(SYN, PEER_ISS, port=5004)
    assert host.take() == []


@pytest.mark.parametrize("abort", [False, True])
def test_cookie_waits_for_room(make_host: type[Host], abort: bool) -> None:
    """The accept queue is full: the text comes again, unless the setting resets the peer."""
    host = make_host(syn_cookies="always", abort_on_overflow=abort)
    listener = host.listen(1)
    for port in (5000, 5001):
        host.peer(SYN, PEER_ISS, port=port)
    first, second = host.take()
    host.peer(ACK, PEER_ISS + 1, first.seq + 1, port=5000)
    host.peer(ACK, PEER_ISS + 1, second.seq + 1, port=5001, payload=b"x")
    assert [segment.flags for segment in host.take()] == ([RST] if abort else [])
    host.on("accept", fd=listener)
    host.peer(ACK, PEER_ISS + 1, second.seq + 1, port=5001, payload=b"x")
    assert host.state(5001) == "ESTABLISHED"


def flood(host: Host, count: int) -> None:
    """SYNs of as many peers, each from an address and port of its own."""
    local, on_datagram, take = packed("192.0.2.1"), host.assay.on_datagram, host.assay.take_output
    for number in range(count):
        peer = (0xC6330000 + number // 4).to_bytes(4, "big")
        port = 1024 + number % 4
        on_datagram(
            build_segment(peer, local, port, 80, seq=number, ack=0, flags=SYN, wnd=9), host.now
        )
        take()


@pytest.mark.parametrize(("mode", "count"), [("off", 2_000), ("always", 2_000), ("full", 100_000)])
def test_flood_costs_no_memory(make_host: type[Host], mode: str, count: int) -> None:
    """The bound of the queue holds, an open connection lives, and nothing piles up."""
    host = make_host(syn_cookies=mode)
    host.establish()
    tcb = host.tcb
    flood(host, 1_000)
    before = sys.getallocatedblocks()
    flood(host, count)
    assert sys.getallocatedblocks() - before < 500
    stats = host.assay.read_stats()
    assert stats["syn_queue"] == (0 if mode == "always" else 128)
    assert stats["connections"] == 1 + stats["syn_queue"]
    host.peer(ACK, tcb.rcv_nxt, tcb.snd_nxt, payload=b"alive")
    assert host.recv().get("octets") == b"alive"
