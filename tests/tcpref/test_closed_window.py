"""A closed window that is probed, and what else goes out meanwhile (RFC 9293, 3.8.6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import ACK, FIN, RST

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host


def probing(host: Host) -> None:
    """An open connection whose peer has closed its window, with a probe outstanding."""
    host.establish()
    host.next(wnd=0)
    host.send(b"text")
    host.advance(1.5)
    assert host.only().payload == b"t"


def test_text_is_acknowledged_where_the_peer_takes_it(host: Host) -> None:
    """Text of a peer with a closed window; the ACK has the one number that it accepts."""
    probing(host)
    tcb = host.tcb
    host.peer(ACK, tcb.rcv_nxt, tcb.snd_una, payload=b"hello", wnd=0)
    host.advance(0.2)
    answer = host.only()
    assert (answer.seq, answer.ack) == (tcb.snd_una, tcb.rcv_nxt)


def test_window_update_is_sent_where_the_peer_takes_it(host: Host) -> None:
    """Both windows closed, and the application reads; the peer can hear of it."""
    probing(host)
    tcb = host.tcb
    while tcb.rcv_wnd:
        host.peer(ACK, tcb.rcv_nxt, tcb.snd_una, payload=bytes(min(1460, tcb.rcv_wnd)), wnd=0)
    host.take()
    assert host.recv(1 << 20).value == 65535
    update = host.only()
    assert (update.seq, update.wnd) == (tcb.snd_una, 65535)


def test_abort_reaches_the_peer(host: Host) -> None:
    """close() with SO_LINGER 0; the reset has the number that the peer expects."""
    probing(host)
    una = host.tcb.snd_una
    names = ("name", "SOL_SOCKET"), ("name", "SO_LINGER")
    host.on("setsockopt", *names, ("linger", (1, 0)))
    host.on("close")
    reset = host.only()
    assert (reset.flags & RST, reset.seq) == (RST, una)


def test_numbers_go_on_behind_the_probe_once_it_is_taken(host: Host) -> None:
    """The window opens and all is acknowledged; an ACK has SND.NXT."""
    probing(host)
    tcb = host.tcb
    host.peer(ACK, tcb.rcv_nxt, tcb.snd_una)
    host.next(payload=b"hello")
    host.advance(0.2)
    assert host.take()[-1].seq == tcb.snd_nxt == tcb.snd_una


def test_user_timeout_begins_with_the_text_that_waits(host: Host) -> None:
    """Text for a window that has been closed for an hour; the time-out counts from now on."""
    host.establish()
    host.option("TCP_USER_TIMEOUT", 5_000, "IPPROTO_TCP")
    host.next(wnd=0)
    host.advance(3_600)
    host.send(b"text")
    host.advance(4.9)
    assert host.state() == "ESTABLISHED"
    host.advance(0.1)
    assert host.state() == "CLOSED"


def test_larger_buffer_opens_the_window(make_host: type[Host]) -> None:
    """SO_RCVBUF made larger while the window is closed; the peer is told at once."""
    host = make_host(rcv_buffer=2_000)
    host.establish()
    for size in (1_460, 540):
        host.next(payload=bytes(size))
    host.advance(0.2)
    assert host.take()[-1].wnd == 0
    host.option("SO_RCVBUF", 6_000)
    assert host.only().wnd == 4_000


def test_fin_in_place_of_a_probe(host: Host) -> None:
    """Nothing is left to send but the FIN; an ACK beside it has the number in front of it."""
    host.establish()
    host.next(wnd=0)
    host.on("shutdown", ("name", "SHUT_WR"))
    host.advance(1.5)
    assert host.only().flags == FIN | ACK
    tcb = host.tcb
    host.peer(ACK, tcb.rcv_nxt, tcb.snd_una, payload=b"hello", wnd=0)
    host.advance(0.2)
    assert host.only().seq == tcb.snd_una
    host.next(wnd=0)
    assert host.state() == "FIN-WAIT-2"
