"""The transition table and the handlers say the same."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from tcpref import seq, user
from tcpref.segment import ACK, FIN, RST, SYN
from tcpref.stack import Stack
from tcpref.tcb import State, Tcb
from tcpref.transitions import CONNECTED, IDLE, OUTSTANDING, TRANSITIONS

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

Arrow = tuple[State, State]
TABLE = {(row.state, row.next) for row in TRANSITIONS}
FLAGS = [sum(flags) for flags in product((0, FIN), (0, SYN), (0, RST), (0, ACK))]


@pytest.fixture
def arrows(monkeypatch: pytest.MonkeyPatch) -> set[Arrow]:
    """Every change of state that a stack makes from now on."""
    seen: set[Arrow] = set()
    enter, close = Stack.enter, Stack.close_connection

    def entering(stack: Stack, tcb: Tcb, state: State) -> None:
        old = tcb.state
        enter(stack, tcb, state)
        seen.add((State.LISTEN if old is State.CLOSED and tcb.passive else old, tcb.state))

    def closing(stack: Stack, tcb: Tcb, errno: str | None) -> None:
        seen.add((tcb.state, State.CLOSED))
        close(stack, tcb, errno)

    monkeypatch.setattr(Stack, "enter", entering)
    monkeypatch.setattr(Stack, "close_connection", closing)
    return seen


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
    assert {(old, new) for old, new in arrows if old is not new} <= TABLE


def drive(host: Host, state: State, event: str) -> None:
    """Make the event of a row happen in its state."""
    host.reach(state)
    tcb = host.tcb
    if event == "abort":
        user.abort(host.assay.stack, tcb, None)
    elif event == "R2":
        if state in (State.ESTABLISHED, State.CLOSE_WAIT):
            host.send(b"lost")
        host.advance(400)
    elif event == "keep-alives unanswered":
        host.option("SO_KEEPALIVE", 1)
        host.advance(8000)
    elif event == "rcv RST":
        acked = RST | ACK if state is State.SYN_SENT else RST
        host.peer(acked, tcb.rcv_nxt, tcb.snd_nxt)


@pytest.mark.parametrize("event", ["abort", "R2", "rcv RST"])
@pytest.mark.parametrize("state", CONNECTED)
def test_every_end_happens(host: Host, arrows: set[Arrow], state: State, event: str) -> None:
    if event == "R2" and state not in OUTSTANDING:
        assert (state, "R2") not in {(row.state, row.event) for row in TRANSITIONS}
        return
    drive(host, state, event)
    assert (state, State.CLOSED) in arrows


@pytest.mark.parametrize("state", IDLE)
def test_unanswered_keepalives_end_what_is_idle(
    host: Host, arrows: set[Arrow], state: State
) -> None:
    drive(host, state, "keep-alives unanswered")
    assert (state, State.CLOSED) in arrows


def _open_both_ways(make_host: type[Host]) -> None:
    for flags in (ACK, FIN | ACK, SYN):
        host = make_host()
        host.reach(State.SYN_RECEIVED)
        host.next(flags)
    for flags in (SYN | ACK, SYN | FIN | ACK, SYN):
        host = make_host()
        host.reach(State.SYN_SENT)
        host.peer(flags, 900, host.tcb.snd_nxt)
    host = make_host()
    host.connect("SOCK_NONBLOCK")
    host.peer(SYN, 900)
    host.on("close")
    host.next()


def _close_every_way(make_host: type[Host]) -> None:
    for state in CONNECTED:
        for flags, acked in product((ACK, FIN | ACK), (True, False)):
            host = make_host()
            host.reach(state)
            host.next(flags, ack=host.tcb.snd_nxt if acked else host.tcb.snd_una)
        host = make_host()
        host.reach(state)
        if host.fd >= 0:
            host.on("close")
        host.advance(1000)
    for state in (State.FIN_WAIT_1, State.FIN_WAIT_2):
        host = make_host()
        host.reach(state)
        host.on("close")
        host.next(payload=b"nobody reads this")
    host = make_host()
    host.reach(State.TIME_WAIT)
    host.peer(FIN | ACK, host.tcb.rcv_nxt - 1, host.tcb.snd_nxt)


def test_every_row_happens(make_host: type[Host], arrows: set[Arrow]) -> None:
    _open_both_ways(make_host)
    _close_every_way(make_host)
    for state, event in product(CONNECTED, ("abort", "R2", "rcv RST")):
        if event != "R2" or state in OUTSTANDING:
            drive(make_host(), state, event)
    listening = {(State.CLOSED, State.LISTEN), (State.LISTEN, State.CLOSED)}
    assert arrows - {(state, state) for state in CONNECTED} <= TABLE
    assert arrows >= TABLE - listening
