"""Urgent data: the pointer sent and received, the mark in the stream, who is told (3.8.5)."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tcpref import seq
from tcpref.ipv4 import from_text
from tcpref.segment import ACK, FIN, PSH, RST, SYN, URG, build_segment
from tcpref.tcb import State
from tests.tcpref.conftest import PEER_ISS, PORT, Host

if TYPE_CHECKING:
    from tests.tcpref.conftest import Returned


def urgent(host: Host, payload: bytes, pointer: int, *, ahead: int = 0, ack: int = 0) -> None:
    """Deliver a segment with URG, `ahead` octets beyond RCV.NXT."""
    tcb = host.tcb
    local, local_port, remote, remote_port = tcb.key
    host.assay.on_datagram(
        build_segment(
            remote,
            local,
            remote_port,
            local_port,
            seq=seq.add(tcb.rcv_nxt, ahead),
            ack=ack or tcb.snd_nxt,
            flags=ACK | PSH | URG,
            wnd=65535,
            payload=payload,
            urgent=pointer,
        ),
        host.now,
    )
    host.collect()


def at_mark(host: Host) -> object:
    return host.on("ioctl", ("name", "SIOCATMARK")).get("value")


def waiting(host: Host) -> object:
    return host.on("ioctl", ("name", "FIONREAD")).get("value")


def octets(returned: Returned) -> object:
    return returned.errno or returned.get("octets")


def polled(host: Host) -> tuple[str, ...]:
    """What poll() tells of reading."""
    entry = (host.fd, ("POLLIN", "POLLPRI"))
    told = host.call("poll", ("pollfds", (entry,)), ("timeout", 0)).get("pollfds")
    assert isinstance(told, tuple)
    return tuple(told[0][1])


def exceptional(host: Host) -> bool:
    """Whether select() finds an exceptional condition."""
    sets = ("fds", ()), ("fds", ()), ("fds", (host.fd,)), ("timeout", 0)
    return host.call("select", *sets).value == 1


# Receiving.
def test_octet_is_taken_out_of_the_stream(host: Host) -> None:
    host.establish()
    urgent(host, b"abc", 3)
    assert polled(host) == ("POLLIN", "POLLPRI")
    assert exceptional(host)
    assert at_mark(host) == 0
    assert octets(host.recv(10, "MSG_OOB", "MSG_PEEK")) == b"c"
    assert octets(host.recv(10, "MSG_OOB")) == b"c"
    assert octets(host.recv(10, "MSG_OOB")) == "EINVAL"
    assert waiting(host) == 2
    assert octets(host.recv(10)) == b"ab"
    assert at_mark(host) == 1
    assert "POLLPRI" not in polled(host)
    assert exceptional(host)
    host.next(payload=b"de")
    assert octets(host.recv(10)) == b"de"
    assert at_mark(host) == 0
    assert not exceptional(host)


@pytest.mark.parametrize("flags", [(), ("MSG_PEEK",), ("MSG_WAITALL",)])
def test_a_read_stops_at_the_mark(host: Host, flags: tuple[str, ...]) -> None:
    host.establish()
    urgent(host, b"abcX", 4)
    host.next(payload=b"def")
    assert octets(host.recv(7, *flags)) == b"abc"


def test_a_read_that_waits_for_all_stops_at_a_mark_that_comes_later(host: Host) -> None:
    host.establish()
    number = host.begin("recv", ("fd", host.fd), ("length", 9), ("flags", ("MSG_WAITALL",)))
    host.next(payload=b"ab")
    urgent(host, b"cXef", 2)
    assert octets(host.returned[number]) == b"abc"
    assert octets(host.recv(9)) == b"ef"


def test_octet_that_nobody_took_is_lost_behind_the_mark(host: Host) -> None:
    host.establish()
    urgent(host, b"Xab", 1)
    assert at_mark(host) == 1
    assert waiting(host) == 2
    assert octets(host.recv(1)) == b"a"
    assert octets(host.recv(1, "MSG_OOB")) == "EINVAL"
    assert octets(host.recv(9)) == b"b"


def test_octet_alone_does_not_make_the_stream_readable(host: Host) -> None:
    host.establish()
    urgent(host, b"X", 1)
    assert polled(host) == ("POLLPRI",)
    assert octets(host.recv(9, "MSG_DONTWAIT")) == "EAGAIN"
    assert octets(host.recv(9, "MSG_OOB")) == b"X"


def test_inline_keeps_the_octet(host: Host) -> None:
    host.establish()
    host.option("SO_OOBINLINE", 1)
    urgent(host, b"abXcd", 3)
    assert octets(host.recv(9, "MSG_OOB")) == "EINVAL"
    assert octets(host.recv(9)) == b"ab"
    assert at_mark(host) == 1
    assert octets(host.recv(9)) == b"Xcd"
    assert at_mark(host) == 0


def test_pointer_ahead_of_the_text(host: Host) -> None:
    host.establish()
    urgent(host, b"ab", 5)
    assert octets(host.recv(9, "MSG_OOB")) == "EAGAIN"
    assert "POLLPRI" not in polled(host)
    host.next(payload=b"cdXfg")
    assert octets(host.recv(9)) == b"abcd"
    assert octets(host.recv(9, "MSG_OOB")) == b"X"
    assert octets(host.recv(9)) == b"fg"


def test_end_of_stream_in_front_of_the_octet(host: Host) -> None:
    host.establish()
    urgent(host, b"", 5)
    host.next(FIN | ACK)
    assert octets(host.recv(9, "MSG_OOB")) == b""


def test_octet_beyond_a_hole_waits_for_the_hole(host: Host) -> None:
    host.establish()
    urgent(host, b"cX", 2, ahead=2)
    assert octets(host.recv(9, "MSG_OOB")) == "EAGAIN"
    host.next(payload=b"ab")
    assert octets(host.recv(9, "MSG_OOB")) == b"X"
    assert octets(host.recv(9)) == b"abc"


def test_newer_octet_leaves_the_older_one_in_the_stream(host: Host) -> None:
    host.establish()
    urgent(host, b"aX", 2)
    urgent(host, b"bY", 2)
    assert octets(host.recv(9, "MSG_OOB")) == b"Y"
    assert octets(host.recv(9)) == b"aXb"


def test_octet_that_was_taken_does_not_come_again(host: Host) -> None:
    host.establish()
    urgent(host, b"aX", 2)
    assert octets(host.recv(9, "MSG_OOB")) == b"X"
    urgent(host, b"bY", 2)
    assert octets(host.recv(9)) == b"ab"
    assert octets(host.recv(9, "MSG_OOB")) == b"Y"


def test_pointer_to_what_has_been_read_is_nothing_new(host: Host) -> None:
    host.establish()
    host.next(payload=b"abc")
    assert octets(host.recv(9)) == b"abc"
    urgent(host, b"", 0)
    assert octets(host.recv(9, "MSG_OOB")) == "EINVAL"
    assert at_mark(host) == 0


def test_pointer_to_what_waits_marks_it(host: Host) -> None:
    host.establish()
    host.next(payload=b"abc")
    urgent(host, b"", 0)
    assert octets(host.recv(9, "MSG_OOB")) == b"c"


@pytest.mark.parametrize("pointer", [0, 1, 0xFFFF])
def test_odd_pointers_leave_the_stream_whole_in_line(host: Host, pointer: int) -> None:
    host.establish()
    host.option("SO_OOBINLINE", 1)
    urgent(host, b"", pointer)
    urgent(host, b"abc", pointer)
    got = octets(host.recv(9))
    assert isinstance(got, bytes)
    rest = octets(host.recv(9, "MSG_DONTWAIT")) if len(got) < 3 else b""
    assert isinstance(rest, bytes)
    assert got + rest == b"abc"


def test_closed_window_does_not_hide_the_pointer(make_host: type[Host]) -> None:
    host = make_host(rcv_buffer=1000)
    host.establish()
    host.next(payload=bytes(1000))
    assert host.tcb.rcv_wnd == 0
    urgent(host, b"X", 1)
    assert host.tcb.mark is not None
    assert host.tcb.mark.ahead == 1000


def test_after_the_peers_fin_the_pointer_is_ignored(host: Host) -> None:
    host.establish()
    host.next(FIN | ACK)
    urgent(host, b"", 9)
    assert host.tcb.mark is None


def test_urgent_text_on_a_syn_is_kept(host: Host) -> None:
    listener = host.listen()
    peer, own = from_text("192.0.2.2"), from_text("192.0.2.1")
    assert peer is not None
    assert own is not None
    host.assay.on_datagram(
        build_segment(
            peer, own, 4000, PORT, seq=PEER_ISS, ack=0, flags=SYN | URG, wnd=9999,
            payload=b"aX", urgent=3,
        ),
        host.now,
    )  # fmt: skip
    answer = host.only()
    host.peer(ACK, PEER_ISS + 1, answer.seq + 1)
    host.fd = host.on("accept", fd=listener).value
    assert octets(host.recv(9, "MSG_OOB")) == b"X"
    assert octets(host.recv(9)) == b"a"


def test_pointer_on_a_crossing_syn_ack(host: Host) -> None:
    """SYN,ACK with URG in a simultaneous open; the pointer counts from the SYN."""
    host.connect("SOCK_NONBLOCK")
    host.peer(SYN, PEER_ISS)
    local, local_port, remote, remote_port = host.tcb.key
    host.assay.on_datagram(
        build_segment(
            remote,
            local,
            remote_port,
            local_port,
            seq=PEER_ISS,
            ack=host.tcb.snd_nxt,
            flags=SYN | ACK | URG,
            wnd=65535,
            payload=b"abc",
            urgent=4,
        ),
        host.now,
    )
    assert host.recv(9).get("octets") == b"ab"
    assert host.recv(9, "MSG_OOB").get("octets") == b"c"


def test_numbers_wrap_between_text_and_pointer(host: Host) -> None:
    host.establish()
    tcb = host.tcb
    tcb.rcv_nxt = tcb.rcv_edge = 0xFFFFFFFE
    tcb.rcv_edge = seq.add(tcb.rcv_nxt, 65535)
    tcb.snd_wl1 = tcb.rcv_nxt
    urgent(host, b"abcX", 4)
    assert octets(host.recv(9, "MSG_OOB")) == b"X"
    urgent(host, b"dY", 2)
    assert octets(host.recv(9)) == b"abcd"


def test_reset_ends_urgent_data_too(host: Host) -> None:
    host.establish()
    urgent(host, b"X", 1)
    host.peer(RST, host.tcb.rcv_nxt)
    assert octets(host.recv(9, "MSG_OOB")) == "ECONNRESET"


def test_owner_is_told_once_an_advance(host: Host) -> None:
    host.establish()
    assert host.on("fcntl", ("name", "F_SETOWN"), ("value", 0)).errno is None
    urgent(host, b"a", 9)
    urgent(host, b"b", 8)
    assert host.signals == [(0, "SIGURG")]
    urgent(host, b"c", 9)
    assert host.signals == [(0, "SIGURG")] * 2
    assert host.on("fcntl", ("name", "F_SETOWN"), ("value", 9)).errno == "ESRCH"


def test_nobody_is_told_of_a_process_that_has_ended(host: Host) -> None:
    host.assay.spawn(1, None, None, host.now)
    host.establish()
    host.on("fcntl", ("name", "F_SETOWN"), ("value", 1))
    host.assay.kill(1, "SIGKILL", host.now)
    urgent(host, b"a", 1)
    assert host.signals == []


def test_message_flags_tell_of_the_octet(host: Host) -> None:
    host.establish()
    urgent(host, b"aX", 2)
    got = host.on("recvmsg", ("length", 9), ("flags", ("MSG_OOB",)))
    assert (got.get("octets"), got.get("flags")) == (b"X", ("MSG_OOB",))


# Sending.
def test_pointer_names_the_octet_behind(host: Host) -> None:
    host.establish()
    host.send(b"abX", "MSG_OOB")
    sent = host.only()
    assert sent.flags == ACK | PSH | URG
    assert (sent.payload, sent.urgent) == (b"abX", 3)
    host.next()
    host.send(b"later")
    assert (host.only().flags, host.tcb.snd_up) == (ACK | PSH, None)


def test_several_urgent_sends_move_the_pointer(host: Host) -> None:
    host.establish()
    host.send(b"a", "MSG_OOB")
    host.send(b"bc", "MSG_OOB")
    first, second = host.take()
    assert (first.urgent, second.urgent) == (1, 2)


def test_text_in_front_of_urgent_text_tells_of_it(host: Host) -> None:
    host.establish()
    host.send(bytes(2000), "MSG_OOB")
    first, second = host.take()
    assert (first.urgent, second.urgent) == (2000, 2000 - len(first.payload))


def test_closed_window_is_no_reason_not_to_tell(host: Host) -> None:
    host.establish(wnd=0)
    host.send(b"abX", "MSG_OOB")
    told = host.only()
    assert (told.flags, told.payload, told.urgent) == (ACK | URG, b"", 3)


def test_retransmission_carries_the_pointer(host: Host) -> None:
    host.establish()
    host.send(b"X", "MSG_OOB")
    host.take()
    host.advance_to_timer()
    assert (host.only().urgent, host.tcb.snd_up) == (1, seq.add(host.tcb.snd_una, 1))


def test_pointer_too_far_for_its_field_is_approached(make_host: type[Host]) -> None:
    host = make_host(snd_buffer=100_000)
    host.establish(wnd=3000)
    host.send(bytes(70_000), "MSG_OOB")
    assert [segment.urgent for segment in host.take()][:2] == [0xFFFF, 0xFFFF]


def test_urgent_text_queued_before_the_handshake(host: Host) -> None:
    host.connect("SOCK_NONBLOCK")
    syn = host.only()
    assert not syn.flags & URG
    host.send(b"X", "MSG_OOB")
    host.peer(SYN | ACK, PEER_ISS, syn.seq + 1)
    sent = host.take()[-1]
    assert (sent.payload, sent.urgent) == (b"X", 1)


def test_nothing_is_urgent_about_no_octets(host: Host) -> None:
    host.establish()
    assert host.send(b"", "MSG_OOB").value == 0
    assert (host.take(), host.tcb.snd_up) == ([], None)


def test_stack_without_urgent_data(make_host: type[Host]) -> None:
    host = make_host(urgent=False)
    host.establish()
    urgent(host, b"aX", 2)
    assert octets(host.recv(9)) == b"aX"
    assert host.send(b"X", "MSG_OOB").errno == "EOPNOTSUPP"
    assert host.on("ioctl", ("name", "SIOCATMARK")).errno == "EOPNOTSUPP"
    names = ("name", "SOL_SOCKET"), ("name", "SO_OOBINLINE")
    assert host.on("getsockopt", *names).errno == "ENOPROTOOPT"


def test_every_state_that_receives_looks_at_the_pointer(host: Host) -> None:
    host.reach(State.FIN_WAIT_2)
    urgent(host, b"X", 1)
    assert octets(host.recv(9, "MSG_OOB")) == b"X"


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("inline", [False, True])
def test_random_streams(host: Host, seed: int, inline: bool) -> None:
    """Whatever is marked and however it is read: each octet comes once, in order, none is made up.

    Only an urgent octet may be missing from the stream, taken by MSG_OOB or read past.
    """
    random = Random(seed)
    host.establish()
    host.option("SO_OOBINLINE", int(inline))
    text = bytes(n % 251 for n in range(1500))
    sent = 0
    marked: set[int] = set()
    taken: list[int] = []
    got = bytearray()
    while sent < len(text) or host.on("ioctl", ("name", "FIONREAD")).get("value") != 0:
        size = random.choice((0, 1, 2, 5, 40))
        piece = text[sent : sent + size]
        if random.random() < 0.4:
            pointer = random.choice((0, 1, 2, size, size + 3, 60))
            marked.add(sent + pointer - 1)
            urgent(host, piece, pointer)
        else:
            host.next(payload=piece)
        sent += len(piece)
        if random.random() < 0.3:
            octet = octets(host.recv(1, "MSG_OOB"))
            taken += octet if isinstance(octet, bytes) else b""
        flags = random.choice(((), ("MSG_PEEK",), ("MSG_WAITALL",)))
        read = octets(host.recv(random.choice((1, 3, 100)), "MSG_DONTWAIT", *flags))
        assert isinstance(read, bytes) or read == "EAGAIN"
        if isinstance(read, bytes) and "MSG_PEEK" not in flags:
            got += read
        host.take()
    assert not (inline and taken)
    if inline:
        assert bytes(got) == text
    assert is_text_without(bytes(got), text, marked)


def is_text_without(got: bytes, text: bytes, marked: set[int]) -> bool:
    """Whether `got` is `text` less some of the octets that were marked."""
    place = 0
    for octet in got:
        while place < len(text) and text[place] != octet:
            if place not in marked:
                return False
            place += 1
        place += 1
    return place <= len(text) and all(left in marked for left in range(place, len(text)))
