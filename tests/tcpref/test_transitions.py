"""The transition table and the stack say the same: nothing off the table, and each row happens."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from tcpref import seq, user
from tcpref.icmp import IcmpError
from tcpref.segment import ACK, FIN, RST, SYN, Segment
from tcpref.tcb import State
from tcpref.transitions import CONNECTED, TRANSITIONS, Transition
from tests.tcpref.arrows import BIRTH, TABLE, Arrow, watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tcpref.conftest import Host

FLAGS = [sum(flags) for flags in product((0, FIN), (0, SYN), (0, RST), (0, ACK))]


@pytest.fixture
def arrows(monkeypatch: pytest.MonkeyPatch) -> set[Arrow]:
    """The changes of state that any connection makes from now on."""
    return watch(monkeypatch)


# Nothing leads off the table.


def every_segment(host: Host) -> list[tuple[int, int, int, bytes]]:
    """The product of control bits, places of SEQ and ACK, and text."""
    tcb = host.tcb
    places = {tcb.rcv_nxt, tcb.irs, seq.add(tcb.rcv_nxt, -1), seq.add(tcb.rcv_nxt, 70000)}
    places.add(seq.add(tcb.rcv_nxt, 7))
    acks = {tcb.snd_una, tcb.snd_nxt, seq.add(tcb.snd_nxt, 1), seq.add(tcb.snd_una, -1)}
    return list(product(FLAGS, sorted(places), sorted(acks), (b"", b"text")))


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("state", CONNECTED)
def test_no_segment_leads_off_the_table(
    make_host: type[Host], arrows: set[Arrow], state: State, gone: bool
) -> None:
    model = make_host()
    model.reach(state)
    for flags, number, ack, payload in every_segment(model):
        host = make_host()
        host.reach(state)
        host.tcb.app_gone = gone and state in (State.FIN_WAIT_1, State.FIN_WAIT_2)
        tcb = host.tcb
        host.peer(flags, number, ack, payload=payload)
        answers = host.take()
        assert 0 <= tcb.flight < 2**31
        assert len(answers) <= 1
        if flags & RST:
            assert not any(answer.flags & RST for answer in answers)
    assert arrows <= TABLE | BIRTH


@pytest.mark.parametrize("state", CONNECTED)
def test_no_call_and_no_wait_leads_off_the_table(
    make_host: type[Host], arrows: set[Arrow], state: State
) -> None:
    """Each call that changes states, then an hour in which nobody answers."""
    calls: tuple[tuple[str, tuple[str, object] | None], ...] = (
        ("close", None),
        ("shutdown", ("name", "SHUT_RD")),
        ("shutdown", ("name", "SHUT_WR")),
        ("shutdown", ("name", "SHUT_RDWR")),
        ("listen", ("length", 1)),
    )
    for name, argument in calls:
        host = make_host()
        host.reach(state)
        if host.fd >= 0:
            host.on(name, *([argument] if argument else []))
        host.advance(3_600)
        assert not host.assay.stack.connections or state in (
            State.ESTABLISHED,
            State.FIN_WAIT_2,
            State.CLOSE_WAIT,
        )
    assert arrows <= TABLE | BIRTH


def bits(segment: Segment) -> str:
    """The control bits of a segment by name, PSH left out."""
    names = {"FIN": FIN, "SYN": SYN, "RST": RST, "ACK": ACK}
    return ",".join(name for name, bit in names.items() if segment.flags & bit)


# Each row happens, by the event that it names.


def crossed(host: Host) -> None:
    """SYN-RECEIVED by two SYNs that crossed, from an active open."""
    host.connect("SOCK_NONBLOCK")
    host.peer(SYN, 900)
    assert host.tcb.state is State.SYN_RECEIVED


def fin_comes(host: Host) -> None:
    """The peer's FIN, which does not acknowledge ours."""
    tcb = host.tcb
    if tcb.state is State.TIME_WAIT:
        due = tcb.lingering.at
        host.advance(1)
        host.peer(FIN | ACK, tcb.rcv_nxt - 1, tcb.snd_nxt)
        assert due is not None
        assert tcb.lingering.at == due + 1_000_000_000
    else:
        host.next(FIN | ACK, ack=tcb.snd_una)


def syn_comes(host: Host) -> None:
    """A SYN; where the peer's is known it lies in the window, or above the old numbers."""
    host.peer(SYN, seq.add(host.tcb.rcv_nxt, 1) if host.tcb.irs else 900)


def reset_comes(host: Host) -> None:
    tcb = host.tcb
    flags = RST | ACK if tcb.state is State.SYN_SENT else RST
    host.peer(flags, tcb.rcv_nxt, tcb.snd_nxt)


def nobody_answers(host: Host) -> None:
    """Something is outstanding until R2 has passed, and not before."""
    tcb = host.tcb
    if tcb.state in (State.ESTABLISHED, State.CLOSE_WAIT):
        host.send(b"lost")
    before = tcb.state
    host.advance(100 if before not in (State.SYN_SENT, State.SYN_RECEIVED) else 180)
    assert tcb.state is before
    host.advance(100)


def user_times_out(host: Host) -> None:
    """TCP_USER_TIMEOUT of 5 s, and something outstanding for 5 s."""
    host.option("TCP_USER_TIMEOUT", 5_000, "IPPROTO_TCP")
    tcb = host.tcb
    if tcb.state in (State.ESTABLISHED, State.CLOSE_WAIT):
        host.send(b"lost")
    host.advance(4.9)
    assert tcb.state is not State.CLOSED
    host.advance(0.2)


def keepalives_are_not_answered(host: Host) -> None:
    """Two hours idle, then nine probes, 75 s apart, and none is answered."""
    host.option("SO_KEEPALIVE", 1)
    tcb = host.tcb
    host.advance(7_200 + 8 * 75)
    assert tcb.state is not State.CLOSED
    host.advance(75)


def window_stays_closed(host: Host) -> None:
    """The application has gone, its text waits, and each probe is answered by a closed window."""
    tcb = host.tcb
    host.next(wnd=0, ack=tcb.snd_una)
    if tcb.state is State.CLOSE_WAIT:
        host.send(b"waits for a window")
    host.on("close")
    for _ in range(15):
        assert tcb.state is not State.CLOSED
        host.advance_to_timer()
        host.next(wnd=0, ack=tcb.snd_una)
    host.advance_to_timer()


def text_for_nobody(host: Host) -> None:
    """Text comes after the application has gone."""
    tcb = host.tcb
    host.on("close")
    host.next(payload=b"nobody reads this", ack=tcb.snd_una if tcb.fin_sent else None)


def unreachable_comes(host: Host) -> None:
    tcb = host.tcb
    host.assay.stack.icmp_arrives(IcmpError(tcb.key, tcb.snd_una, "ECONNREFUSED", None))


def old_connection_is_over(host: Host) -> None:
    tcb = host.tcb
    host.advance(239)
    assert tcb.state is State.TIME_WAIT
    host.advance(2)


def abandoned(host: Host) -> None:
    host.on("close")
    host.advance(241)


def closed_and_acknowledged(host: Host) -> None:
    host.on("close")
    host.next()


def closes(host: Host) -> None:
    host.on("close")


def aborts(host: Host) -> None:
    user.abort(host.assay.stack, host.tcb, None)


EVENTS: dict[str, Callable[[Host], None]] = {
    "2 MSL": old_connection_is_over,
    "R2": nobody_answers,
    "abandoned": abandoned,
    "abort": aborts,
    "close": closes,
    "keep-alives unanswered": keepalives_are_not_answered,
    "orphan's probes used up": window_stays_closed,
    "rcv ACK": lambda host: host.next(),
    "rcv ACK after close": closed_and_acknowledged,
    "rcv ACK of FIN": lambda host: host.next(),
    "rcv FIN": fin_comes,
    "rcv FIN and ACK of FIN": lambda host: host.next(FIN | ACK),
    "rcv FIN,ACK": lambda host: host.next(FIN | ACK),
    "rcv ICMP unreachable": unreachable_comes,
    "rcv RST": reset_comes,
    "rcv SYN": syn_comes,
    "rcv SYN,ACK": lambda host: host.peer(SYN | ACK, 900, host.tcb.snd_nxt),
    "rcv SYN,FIN,ACK": lambda host: host.peer(SYN | FIN | ACK, 900, host.tcb.snd_nxt),
    "rcv text": text_for_nobody,
    "user time-out": user_times_out,
}
#: Retransmissions and probes go out on the way to these.
TIME_OUTS = ("R2", "user time-out")
#: Rows whose SYN-RECEIVED is that of an active open: the application has a descriptor.
ACTIVE = ("rcv ACK after close", "rcv text", "user time-out")
CONNECTIONS = [row for row in TRANSITIONS if row.state in CONNECTED]


@pytest.mark.parametrize("row", CONNECTIONS, ids=lambda row: f"{row.state}-{row.event}")
def test_row_happens(host: Host, row: Transition) -> None:
    """A connection in the row's state and the row's event; its next state, and what it sends."""
    if row.state is State.SYN_RECEIVED and row.event in ACTIVE:
        crossed(host)
    else:
        host.reach(row.state)
    host.take()
    before = host.tcb
    EVENTS[row.event](host)
    if row.event not in TIME_OUTS or row.sends:
        assert [bits(segment) for segment in host.take()][-1:] == [row.sends][: bool(row.sends)]
    reopened = row.state is State.TIME_WAIT and row.next is State.SYN_RECEIVED
    assert (host.tcb if reopened else before).state is row.next


def test_rows_without_a_connection_happen(host: Host) -> None:
    """connect(), listen(), a SYN to the listener, close(); the four rows of CLOSED and LISTEN."""
    assert {(row.state, row.event) for row in TRANSITIONS if row not in CONNECTIONS} == {
        (State.CLOSED, "connect"),
        (State.CLOSED, "listen"),
        (State.LISTEN, "rcv SYN"),
        (State.LISTEN, "close"),
    }
    here = ("192.0.2.1", 80)
    assert host.assay.read_state(here, None)[0] == "CLOSED"
    host.fd = host.listen()
    assert host.assay.read_state(here, None)[0] == "LISTEN"
    host.peer(SYN, 900)
    assert host.state() == "SYN-RECEIVED"
    host.on("close")
    assert host.assay.read_state(here, None)[0] == "CLOSED"
    host.connect("SOCK_NONBLOCK")
    assert host.tcb.state is State.SYN_SENT


def test_every_event_is_a_row_of_its_own() -> None:
    """The rows; no state has two for one event, but for what a FIN and an option decide."""
    keys = [(row.state, row.event) for row in TRANSITIONS]
    assert len(set(keys)) == len(keys)
    assert {row.event for row in CONNECTIONS} == set(EVENTS)


def test_drawing_off_the_table_is_seen(make_host: type[Host], arrows: set[Arrow]) -> None:
    """A connection is put into a state by force; the watch over assignments sees it."""
    host = make_host()
    host.reach(State.ESTABLISHED)
    host.tcb.state = State.SYN_SENT
    assert (State.ESTABLISHED, State.SYN_SENT) in arrows
    assert not arrows <= TABLE | BIRTH
