"""SEGMENT ARRIVES, state by state, in the order of RFC 9293, 3.10.7."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref.segment import ACK, FIN, PSH, RST, SYN, URG
from tcpref.tcb import State

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

X = 5000
A = 70000
SYNCHRONIZED = [
    State.ESTABLISHED,
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
    State.CLOSE_WAIT,
    State.CLOSING,
    State.LAST_ACK,
    State.TIME_WAIT,
]
HAS_TCB = [State.SYN_RECEIVED, *SYNCHRONIZED]


def check_ack(host: Host) -> None:
    """The stack has answered with the current numbers, and nothing else."""
    answer = host.only()
    tcb = host.tcb
    assert (answer.flags, answer.seq, answer.ack) == (ACK, tcb.snd_nxt, tcb.rcv_nxt)
    assert not answer.payload


@pytest.mark.parametrize(
    ("flags", "payload", "answer"),
    [
        (SYN, b"", (RST | ACK, 0, X + 1)),
        (SYN, b"abc", (RST | ACK, 0, X + 4)),
        (SYN | FIN, b"", (RST | ACK, 0, X + 2)),
        (FIN, b"", (RST | ACK, 0, X + 1)),
        (0, b"abc", (RST | ACK, 0, X + 3)),
        (ACK, b"", (RST, A, 0)),
        (SYN | ACK, b"", (RST, A, 0)),
        (FIN | ACK, b"", (RST, A, 0)),
        (PSH | ACK, b"abc", (RST, A, 0)),
        (RST, b"", None),
        (RST | ACK, b"", None),
        (RST | SYN, b"", None),
        (RST | FIN, b"", None),
    ],
)
def test_segment_arrives_when_closed(
    host: Host, flags: int, payload: bytes, answer: tuple[int, int, int] | None
) -> None:
    host.peer(flags, X, A, payload=payload)
    seen = [(s.flags, s.seq, s.ack) for s in host.take()]
    assert seen == ([] if answer is None else [answer])


@pytest.mark.parametrize(
    ("flags", "answer"),
    [
        (RST, None),
        (RST | ACK, None),
        (RST | SYN, None),
        (ACK, (RST, A, 0)),
        (SYN | ACK, (RST, A, 0)),
        (FIN | ACK, (RST, A, 0)),
        (FIN, None),
        (0, None),
        (PSH, None),
        (URG, None),
    ],
)
def test_segment_arrives_when_listen(
    host: Host, flags: int, answer: tuple[int, int, int] | None
) -> None:
    host.listen()
    host.peer(flags, X, A)
    seen = [(s.flags, s.seq, s.ack) for s in host.take()]
    assert seen == ([] if answer is None else [answer])
    assert not host.assay.stack.connections
    host.handshake()
    assert host.state() == "ESTABLISHED"


@pytest.mark.parametrize("flags", [SYN, SYN | PSH, SYN | URG, SYN | FIN, SYN | 0x40])
def test_syn_arrives_when_listen(host: Host, flags: int) -> None:
    host.listen()
    host.peer(flags, X)
    answer = host.only()
    assert (answer.flags, answer.ack, answer.options.mss) == (SYN | ACK, X + 1, 1460)
    assert host.state() == "SYN-RECEIVED"


@pytest.mark.parametrize(("fin", "end"), [(0, "ESTABLISHED"), (FIN, "CLOSE-WAIT")])
def test_text_on_syn_is_held_until_established(host: Host, fin: int, end: str) -> None:
    listener = host.listen()
    accept = host.begin("accept", ("fd", listener))
    host.peer(SYN | fin, X, payload=b"early")
    iss = host.only().seq
    assert not host.tcb.received
    assert accept not in host.returned
    host.peer(ACK, X + 1, iss + 1)
    assert host.only().ack == X + 6 + fin
    assert host.state() == end
    host.fd = host.returned[accept].value
    assert host.recv().get("octets") == b"early"


def test_fin_before_the_text_of_the_syn_is_false(host: Host) -> None:
    """A SYN with text, then a FIN in the place of that text; the text stays, the FIN is ignored."""
    host.listen()
    host.peer(SYN, X, payload=b"held")
    host.peer(FIN | ACK, X + 1, host.only().seq + 1)
    assert host.tcb.rcv_nxt == X + 5
    assert not host.tcb.fin_received
    assert host.tcb.state is State.ESTABLISHED


@pytest.mark.parametrize("offset", [-1, 0, 2, 2**31])
@pytest.mark.parametrize("flags", [ACK, SYN | ACK, RST | ACK])
def test_bad_ack_arrives_when_syn_sent(host: Host, flags: int, offset: int) -> None:
    host.connect()
    iss = host.only().seq
    host.peer(flags, X, iss + offset)
    expected = [] if flags & RST else [(RST, (iss + offset) % 2**32)]
    assert [(s.flags, s.seq) for s in host.take()] == expected
    assert host.state() == "SYN-SENT"


@pytest.mark.parametrize("flags", [RST, ACK, FIN, FIN | ACK, PSH | ACK, 0])
def test_nothing_useful_arrives_when_syn_sent(host: Host, flags: int) -> None:
    host.connect()
    host.peer(flags, X, host.only().seq + 1, payload=b"x")
    assert host.take() == []
    assert host.state() == "SYN-SENT"


def test_reset_arrives_when_syn_sent(host: Host) -> None:
    call = host.connect()
    host.peer(RST | ACK, 0, host.only().seq + 1)
    host.collect()
    assert host.returned[call].errno == "ECONNREFUSED"
    assert host.take() == []
    assert host.assay.next_timeout() is None


@pytest.mark.parametrize(
    ("flags", "payload", "state"),
    [
        (SYN | ACK, b"", "ESTABLISHED"),
        (SYN | ACK, b"hello", "ESTABLISHED"),
        (SYN | ACK | FIN, b"hello", "CLOSE-WAIT"),
    ],
)
def test_syn_ack_arrives_when_syn_sent(host: Host, flags: int, payload: bytes, state: str) -> None:
    call = host.connect()
    iss = host.only().seq
    host.peer(flags, X, iss + 1, payload=payload)
    answer = host.only()
    taken = X + 1 + len(payload) + (1 if flags & FIN else 0)
    assert (answer.flags, answer.seq, answer.ack) == (ACK, iss + 1, taken)
    assert host.state() == state
    assert host.returned[call].errno is None
    assert bytes(host.tcb.received) == payload


@pytest.mark.parametrize("again", [SYN | ACK, ACK])
def test_simultaneous_open(host: Host, again: int) -> None:
    call = host.connect()
    iss = host.only().seq
    host.peer(SYN, X)
    crossed = host.only()
    assert (crossed.flags, crossed.seq, crossed.ack) == (SYN | ACK, iss, X + 1)
    assert host.state() == "SYN-RECEIVED"
    host.peer(again, X if again & SYN else X + 1, iss + 1)
    host.collect()
    assert host.state() == "ESTABLISHED"
    assert host.returned[call].errno is None


def test_window_of_the_syn_is_not_taken_back(host: Host) -> None:
    """SO_RCVBUF made smaller after the SYN; the window that it told of stays (SHLD-14)."""
    host.reach(State.SYN_SENT)
    host.option("SO_RCVBUF", 1_000)
    host.advance(1)
    syn = host.only()
    host.peer(SYN | ACK, 1_000, syn.seq + 1)
    assert (syn.wnd, host.only().wnd) == (65_535, 65_535)


def test_text_for_a_closed_application_when_syn_received(host: Host) -> None:
    host.connect("SOCK_NONBLOCK")
    host.peer(SYN, X)
    host.on("close")
    host.take()
    host.next(payload=b"nobody here")
    assert [s.flags for s in host.take()] == [RST]
    assert not host.assay.stack.connections


def test_reset_arrives_when_syn_received_by_crossed_syns(host: Host) -> None:
    call = host.connect()
    host.peer(SYN, X)
    host.peer(RST, X + 1)
    host.collect()
    assert host.returned[call].errno == "ECONNREFUSED"


@pytest.mark.parametrize("flags", [RST, SYN])
def test_passive_open_returns_to_listen(host: Host, flags: int) -> None:
    host.reach(State.SYN_RECEIVED)
    host.peer(flags, host.tcb.rcv_nxt + (0 if flags & RST else 100))
    assert host.take() == []
    assert host.state() == "CLOSED"
    host.handshake()
    assert host.state() == "ESTABLISHED"


@pytest.mark.parametrize("payload", [b"", b"text"])
def test_repeated_syn_arrives_when_syn_received(host: Host, payload: bytes) -> None:
    host.reach(State.SYN_RECEIVED)
    host.peer(SYN, host.tcb.irs, payload=payload)
    check_ack(host)
    host.next()
    assert host.state() == "ESTABLISHED"


def test_syn_ack_to_a_passive_open_is_left_of_the_window(host: Host) -> None:
    host.reach(State.SYN_RECEIVED)
    host.peer(SYN | ACK, host.tcb.irs, host.tcb.snd_nxt)
    check_ack(host)
    assert host.state() == "SYN-RECEIVED"


@pytest.mark.parametrize("offset", [0, 2])
def test_bad_ack_arrives_when_syn_received(host: Host, offset: int) -> None:
    host.reach(State.SYN_RECEIVED)
    wrong = host.tcb.iss + offset
    host.next(ack=wrong)
    answer = host.only()
    assert (answer.flags, answer.seq) == (RST, wrong)
    host.next()
    assert host.state() == "ESTABLISHED"


@pytest.mark.parametrize(
    ("flags", "payload", "state"),
    [(ACK, b"hello", "ESTABLISHED"), (FIN | ACK, b"", "CLOSE-WAIT")],
)
def test_completing_segment_arrives_when_syn_received(
    host: Host, flags: int, payload: bytes, state: str
) -> None:
    host.reach(State.SYN_RECEIVED)
    host.next(flags, payload=payload)
    host.advance(0.5)
    assert host.only().ack == host.tcb.rcv_nxt
    assert host.state() == state
    assert bytes(host.tcb.received) == payload


@pytest.mark.parametrize("state", HAS_TCB)
@pytest.mark.parametrize("place", [-1000, 65535, 2**31])
def test_text_outside_window_is_acknowledged(host: Host, state: State, place: int) -> None:
    host.reach(state)
    host.peer(ACK, host.tcb.rcv_nxt + place, host.tcb.snd_nxt, payload=b"0123456789")
    check_ack(host)
    assert host.state() == state


@pytest.mark.parametrize("state", HAS_TCB)
@pytest.mark.parametrize(
    ("place", "answered"), [(-1, False), (1, True), (60000, True), (65536, False)]
)
def test_reset_beside_rcv_nxt_is_challenged_or_dropped(
    host: Host, state: State, place: int, answered: bool
) -> None:
    host.reach(state)
    host.peer(RST, host.tcb.rcv_nxt + place)
    if answered:
        check_ack(host)
    assert host.take() == []
    assert host.state() == state


@pytest.mark.parametrize("state", SYNCHRONIZED)
@pytest.mark.parametrize("flags", [RST, RST | ACK, RST | SYN])
def test_reset_at_rcv_nxt_ends_the_connection(host: Host, state: State, flags: int) -> None:
    host.reach(state)
    reader = host.begin("recv", ("fd", host.fd), ("length", 10))
    host.peer(flags, host.tcb.rcv_nxt, 99, payload=b"why")
    assert host.take() == []
    assert host.state() == "CLOSED"
    told = state in (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)
    assert host.returned[reader].errno == ("ECONNRESET" if told else None)


@pytest.mark.parametrize(
    ("state", "place", "flags"),
    [
        (state, place, flags)
        for state in SYNCHRONIZED
        for place in (-500, 0, 500, 2**31)
        for flags in (SYN, SYN | ACK)
        if (state, place, flags) != (State.TIME_WAIT, 500, SYN)  # That one may reopen it.
    ],
)
def test_syn_on_open_connection_is_challenged(
    host: Host, state: State, place: int, flags: int
) -> None:
    host.reach(state)
    host.peer(flags, host.tcb.rcv_nxt + place, host.tcb.snd_nxt)
    check_ack(host)
    assert host.state() == state


@pytest.mark.parametrize("state", HAS_TCB)
@pytest.mark.parametrize("flags", [0, FIN, PSH])
def test_segment_without_ack_is_dropped(host: Host, state: State, flags: int) -> None:
    host.reach(state)
    before = host.tcb.rcv_nxt
    host.peer(flags, before, payload=b"text")
    assert host.take() == []
    assert (host.state(), host.tcb.rcv_nxt) == (state, before)


@pytest.mark.parametrize("state", SYNCHRONIZED)
def test_ack_of_the_unsent_is_refused(host: Host, state: State) -> None:
    host.reach(state)
    host.next(payload=b"text", ack=host.tcb.snd_nxt + 1)
    check_ack(host)
    assert (host.state(), bytes(host.tcb.received)) == (state, b"")


def test_ack_older_than_the_largest_window_is_refused(host: Host) -> None:
    host.establish(wnd=1000)
    for _ in range(5):
        host.send(b"x" * 500)
        host.next(wnd=1000)
    host.take()
    una = host.tcb.snd_una
    host.next(payload=b"text", ack=una - 1001, wnd=1000)
    check_ack(host)
    assert not host.tcb.received
    host.next(payload=b"text", ack=una - 1000, wnd=1000)
    assert bytes(host.tcb.received) == b"text"


@pytest.mark.parametrize("state", [State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2])
def test_text_arrives_in_receiving_states(host: Host, state: State) -> None:
    host.reach(state)
    host.next(payload=b"text", ack=host.tcb.snd_una)
    assert host.recv().get("octets") == b"text"
    host.advance(0.5)
    assert [s.ack for s in host.take() if s.flags == ACK] == [host.tcb.rcv_nxt]


@pytest.mark.parametrize(
    "state", [State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT]
)
def test_text_after_the_peers_fin_is_ignored(host: Host, state: State) -> None:
    host.reach(state)
    before = host.tcb.rcv_nxt
    host.next(payload=b"text", ack=host.tcb.snd_una)
    check_ack(host)
    assert (host.state(), host.tcb.rcv_nxt) == (state, before)
    assert not host.tcb.received


@pytest.mark.parametrize(
    "state", [State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT]
)
def test_repeated_fin_is_acknowledged(host: Host, state: State) -> None:
    host.reach(state)
    host.peer(FIN | ACK, host.tcb.rcv_nxt - 1, host.tcb.snd_una)
    check_ack(host)
    assert host.state() == state


def test_fin_restarts_time_wait_and_a_bare_ack_does_not(host: Host) -> None:
    host.reach(State.TIME_WAIT)
    host.advance(200)
    host.next()
    assert host.take() == []
    host.peer(FIN | ACK, host.tcb.rcv_nxt - 1, host.tcb.snd_nxt)
    check_ack(host)
    host.advance(239.9)
    assert host.state() == "TIME-WAIT"
    host.advance(0.2)
    assert host.state() == "CLOSED"


def test_syn_above_the_old_numbers_reopens_time_wait(host: Host) -> None:
    host.reach(State.TIME_WAIT)
    old = host.tcb.snd_nxt
    host.peer(SYN, host.tcb.rcv_nxt + 500)
    answer = host.only()
    assert answer.flags == SYN | ACK
    assert 0 < (answer.seq - old) % 2**32 < 2**31
    assert host.state() == "SYN-RECEIVED"


def test_out_of_order_text_and_fin_wait_for_the_hole(host: Host) -> None:
    host.establish()
    start = host.tcb.rcv_nxt
    host.peer(FIN | ACK, start + 5, host.tcb.snd_nxt, payload=b"world")
    assert host.only().ack == start
    host.peer(ACK, start, host.tcb.snd_nxt, payload=b"hello")
    assert host.only().ack == start + 11
    assert host.state() == "CLOSE-WAIT"
    assert host.recv().get("octets") == b"helloworld"
    assert host.recv().get("octets") == b""


def test_text_before_a_fin_that_came_first_is_acknowledged_at_once(host: Host) -> None:
    """A FIN ahead of its text, then the text; the hole is filled (RFC 5681, 4.2)."""
    host.establish()
    tcb = host.tcb
    host.peer(FIN | ACK, tcb.rcv_nxt + 4, tcb.snd_nxt)
    host.take()
    host.next(payload=b"text")
    assert (host.only().ack, host.state()) == (tcb.rcv_nxt, "CLOSE-WAIT")


def test_full_reassembly_queue_never_refuses_what_is_due(make_host: type[Host]) -> None:
    host = make_host(reassembly_blocks=2)
    host.establish()
    stream = bytes(range(30))
    first = host.tcb.rcv_nxt
    for place in (10, 20, 25):
        host.peer(ACK, first + place, host.tcb.snd_nxt, payload=stream[place : place + 2])
    assert host.tcb.reassembly.octets() == 4
    host.next(payload=stream)
    assert host.recv().get("octets") == stream


def test_only_the_new_part_of_an_overlap_counts(host: Host) -> None:
    host.establish()
    start = host.tcb.rcv_nxt
    host.peer(ACK, start, host.tcb.snd_nxt, payload=b"0123456789")
    host.peer(ACK, start + 5, host.tcb.snd_nxt, payload=b"xxxxxabcde")
    assert host.take()[-1].ack == start + 15
    assert host.recv().get("octets") == b"0123456789abcde"


def test_text_and_fin_beyond_the_window_are_cut_off(make_host: type[Host]) -> None:
    host = make_host(rcv_buffer=1000)
    host.establish()
    start = host.tcb.rcv_nxt
    host.next(FIN | ACK, payload=b"y" * 1001)
    answer = host.only()
    assert (answer.ack, answer.wnd) == (start + 1000, 0)
    assert host.state() == "ESTABLISHED"
    assert len(host.recv().get("octets")) == 1000  # type: ignore[arg-type]
    assert host.only().wnd == 1000


def test_zero_window_lets_acks_and_resets_through(make_host: type[Host]) -> None:
    host = make_host(rcv_buffer=500)
    host.establish()
    host.send(b"ours")
    host.next(payload=b"z" * 500, ack=host.tcb.snd_una)
    host.take()
    host.next(payload=b"!")
    answer = host.only()
    assert (answer.ack, answer.wnd) == (host.tcb.rcv_nxt, 0)
    assert host.tcb.flight == 0
    host.peer(RST, host.tcb.rcv_nxt)
    assert host.state() == "CLOSED"


def test_challenges_are_limited_for_each_connection(make_host: type[Host]) -> None:
    host = make_host(challenge_acks_per_s=10)
    host.establish()
    for _ in range(1000):
        host.peer(RST, host.tcb.rcv_nxt + 1)
    assert len(host.take()) == 10
    host.advance(1)
    host.peer(RST, host.tcb.rcv_nxt + 1)
    check_ack(host)


def test_acknowledged_text_uses_up_the_window(make_host: type[Host]) -> None:
    """An old segment acknowledges text; the edge stays where a newer segment has put it."""
    host = make_host(nagle=False)
    host.establish()
    start, sent = host.tcb.rcv_nxt, host.tcb.snd_nxt
    host.peer(ACK, start + 100, sent, payload=bytes(10), wnd=1000)
    host.send(bytes(1000))
    assert sum(len(segment.payload) for segment in host.take()) == 1000
    host.send(bytes(500))
    host.peer(ACK, start, sent + 600, payload=bytes(10), wnd=9000)
    assert host.tcb.snd_wnd == 400
    assert not any(segment.payload for segment in host.take())
