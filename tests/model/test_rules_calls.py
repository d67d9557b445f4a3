"""RFC 9293, 3.10.1 to 3.10.5 and 3.10.8: what calls and time-outs do in each state."""

from __future__ import annotations

from typing import get_args

import pytest

from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.oracle import flow_begin, flow_calls, flow_departures
from tcpassay.model.oracle.flow import Flow
from tcpassay.model.oracle.hypothesis import Hypothesis
from tcpassay.model.oracle.limits import Limits
from tcpassay.model.oracle.report import Report
from tcpassay.model.rules import calls
from tcpassay.model.tcb import State, Tcb
from tcpassay.wire import ACK, FIN, SYN, Segment

STATES: tuple[State, ...] = get_args(State)
FIN_SENT = ("FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK", "TIME-WAIT")
WITH_A_TCB = tuple(state for state in STATES if state not in {"CLOSED", "LISTEN"})


def tcb_in(state: State) -> Tcb:
    """A connection in a state, with nothing in flight but its SYN or FIN."""
    waits = state in {"SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK"}
    return Tcb(
        state,
        passive=state != "SYN-SENT",
        iss=3000 if state in {"SYN-SENT", "SYN-RECEIVED"} else 2999,
        snd_una=3000,
        snd_nxt=3000 + waits,
        snd_wnd=400,
        irs=999,
        rcv_nxt=1000,
        rcv_wnd=500,
        fin_sent=state in FIN_SENT,
    )


@pytest.mark.parametrize(
    ("state", "after", "sent"),
    [
        ("LISTEN", "CLOSED", ""),
        ("SYN-SENT", "CLOSED", ""),
        ("SYN-RECEIVED", "SYN-RECEIVED", "FIN,ACK"),
        ("ESTABLISHED", "FIN-WAIT-1", "FIN,ACK"),
        ("CLOSE-WAIT", "LAST-ACK", "FIN,ACK"),
    ],
)
@pytest.mark.parametrize("reads", [True, False])
def test_first_close(state: State, after: State, sent: str, reads: bool) -> None:
    """CLOSE in a state (3.10.4); a FIN where there is a connection, and where it leads."""
    (branch,) = calls.close(tcb_in(state), reads=reads)
    assert (branch.tcb.state, branch.answer.control) == (after, sent)
    if sent:
        assert branch.tcb.fin_sent
        assert branch.tcb.snd_nxt == tcb_in(state).snd_nxt + 1
        assert branch.tcb.read == ("open" if reads else "gone")


@pytest.mark.parametrize("state", ["CLOSED", *FIN_SENT])
def test_second_close_does_nothing(state: State) -> None:
    """CLOSE where a FIN has gone out, or nothing is open; no second FIN (CLOSE-FW-NO2FIN)."""
    assert calls.close(tcb_in(state), reads=False) == ()


@pytest.mark.parametrize("state", STATES)
def test_open(state: State) -> None:
    """OPEN in a state (3.10.1); it is for CLOSED, an active one also for LISTEN."""
    assert bool(calls.open_passive(tcb_in(state))) == (state == "CLOSED")
    active = calls.open_active(tcb_in(state), 7, 100)
    assert bool(active) == (state in {"CLOSED", "LISTEN"})
    assert calls.send(tcb_in(state), 7, 100) == (active if state == "LISTEN" else ())
    for branch in active:
        assert (branch.tcb.state, branch.tcb.snd_nxt, branch.tcb.passive) == ("SYN-SENT", 8, False)
        assert branch.label == ("standard" if state == "CLOSED" else "optional")


@pytest.mark.parametrize("state", WITH_A_TCB)
def test_abort_is_what_the_oracle_makes_of_it(state: State) -> None:
    """ABORT in a state; a reset is due where the oracle has one, and the connection is gone."""
    (branch,) = calls.abort(tcb_in(state))
    flow = Flow(4, Report(), Limits())
    flow.hypotheses, flow.accepted = [Hypothesis(tcb_in(state))], True
    flow_calls.abandoned(flow, 1, "RFC9293:3.10.5-ABORT-SYNC")
    gone = flow.hypotheses[-1]
    assert gone.tcb.state == branch.tcb.state == "CLOSED"
    assert branch.answer.control == ("RST" if gone.due is not None else "")
    if gone.due is not None:
        assert branch.answer.seqs[0] in gone.due.seqs


@pytest.mark.parametrize("state", WITH_A_TCB)
def test_close_is_what_the_oracle_makes_of_it(state: State) -> None:
    """CLOSE in a state; the FIN is allowed where the rule has one, and leads to the same."""
    before = tcb_in(state)
    flow = Flow(4, Report(), Limits())
    flow.hypotheses = [Hypothesis(before)]
    flow_calls.abandoned(flow, 1, "")
    branches = calls.close(before, reads=False)
    if state in FIN_SENT:
        assert not branches
        assert [h.tcb.state for h in flow.hypotheses] == [state]
        return
    if branches[0].answer.kind == "fin":
        fin = Segment(7, 8, before.snd_nxt, before.rcv_nxt, FIN | ACK, before.rcv_wnd)
        flow_departures.leaves(flow, fin, 2, 1)
    assert flow.report.violations == []
    (after,) = {h.tcb.state for h in flow.hypotheses}
    assert after == branches[0].tcb.state


def test_connect_is_what_the_oracle_makes_of_it() -> None:
    """An active OPEN; the variables are those that the oracle reads off the SYN."""
    (branch,) = calls.open_active(Tcb("CLOSED"), 7, 100)
    flow = Flow(4, Report(), Limits())
    flow_begin.opens(flow, Segment(7, 8, 7, 0, SYN, 100), 1, 1)
    assert [h.tcb for h in flow.hypotheses] == [branch.tcb]


@pytest.mark.parametrize("state", STATES)
def test_time_outs(state: State) -> None:
    """3.10.8; 2 MSL end TIME-WAIT, the user time-out every other connection."""
    user, own = calls.user_timeout(tcb_in(state)), calls.state_timeout(tcb_in(state))
    assert [b.tcb.state for b in own] == (["CLOSED"] if state == "TIME-WAIT" else [])
    ends = state not in {"CLOSED", "LISTEN", "TIME-WAIT"}
    assert [b.tcb.state for b in user] == (["CLOSED"] if ends else [])


def test_abandoned_fin_wait_2_may_end() -> None:
    """tcp(7); only where nobody can read any more, and by no RFC."""
    (branch,) = calls.state_timeout(tcb_in("FIN-WAIT-2")._replace(read="gone"))
    assert (branch.tcb.state, branch.label, branch.variant) == ("CLOSED", "variant", "tcp(7)")


@pytest.mark.parametrize("state", STATES)
def test_clauses_are_in_the_catalogue(state: State) -> None:
    """Every call and time-out in a state; each branch names a requirement that exists."""
    catalogue, tcb = load_catalogue(), tcb_in(state)
    branches = (
        *calls.open_passive(tcb),
        *calls.open_active(tcb, 7, 100),
        *calls.close(tcb, reads=True),
        *calls.abort(tcb),
        *calls.user_timeout(tcb),
        *calls.state_timeout(tcb._replace(read="gone")),
    )
    assert branches
    assert all(catalogue.get(branch.clause).id == branch.clause for branch in branches)
