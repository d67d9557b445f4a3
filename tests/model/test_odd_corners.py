"""Corners that no document is plain about: the rules leave them open, and no more than them."""

from __future__ import annotations

from contextlib import closing

import pytest

from tcpassay.fuzz.cases.notation import case_of
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.model.answers import Answer
from tcpassay.model.oracle import judge_trace
from tcpassay.model.oracle.departures import departures
from tcpassay.model.oracle.hypothesis import Hypothesis, after_departure
from tcpassay.model.rules import segment_arrives
from tcpassay.model.rules.departure import Refusal, Sender, departs
from tcpassay.model.rules.syn import reopens
from tcpassay.model.tcb import HALF
from tcpassay.targets.registry import open_target
from tcpassay.wire import ACK, FIN, RST, SYN, URG, Segment, Timestamps
from tests.model.conftest import OPEN
from tests.model.edits import Script

SANE = "RFC9293:3.4-ACK-SANE"
SILENT = Sender(octets=0, ended=False, aborted=False, urgent=False)


def segment(flags: int, seq: int, ack: int = OPEN.snd_nxt, text: bytes = b"") -> Segment:
    return Segment(7, 8, seq & 0xFFFFFFFF, ack, flags, 400, payload=text)


@pytest.mark.parametrize(("by", "may"), [(1, True), (0, False), (-1, False), (-HALF, True)])
def test_half_the_circle_is_as_new_as_old(by: int, may: bool) -> None:
    """A SYN in TIME-WAIT so far from RCV.NXT; half the circle away it may open or not."""
    old = OPEN._replace(state="TIME-WAIT")
    assert reopens(old, segment(SYN, old.rcv_nxt + by, 0)) is may


@pytest.mark.parametrize(
    ("by", "ways"), [(1, {True}), (0, {True}), (-1, {False}), (-HALF, {True, False})]
)
def test_half_the_circle_of_timestamps(by: int, ways: set[bool]) -> None:
    """RFC 7323, 5.2: less by 0 < (t - s) < 2^31; half the circle away a segment may be taken."""
    stamped = OPEN._replace(ts_recent=7, last_ack=OPEN.rcv_nxt)
    arrived = segment(ACK, OPEN.rcv_nxt, text=b"x")
    arrived = arrived._replace(options=(Timestamps((7 + by) & 0xFFFFFFFF, 0),))
    taken = {b.tcb.rcv_nxt != OPEN.rcv_nxt for b in segment_arrives(stamped, arrived)}
    assert taken == ways


def test_text_over_a_fin_that_waits_may_count() -> None:
    """Text to behind a FIN above a hole: one of the two counts, and where the text does, no FIN."""
    waits = OPEN._replace(fin=(OPEN.rcv_nxt + 1) & 0xFFFFFFFF)
    after = {b.tcb for b in segment_arrives(waits, segment(ACK, waits.rcv_nxt, text=bytes(20)))}
    by = {(tcb.rcv_nxt - OPEN.rcv_nxt, tcb.state, tcb.fin_taken) for tcb in after}
    assert by == {(2, "CLOSE-WAIT", True), (20, "ESTABLISHED", False)}


def test_syn_ack_of_a_crossed_open_with_text() -> None:
    """Its SYN is cut off: text and FIN count, or its ACK alone, and the connection is open."""
    crossed = OPEN._replace(
        state="SYN-RECEIVED", passive=False, irs=OPEN.rcv_nxt - 1, snd_una=OPEN.snd_nxt - 1
    )
    arrived = segment(SYN | ACK | FIN, crossed.irs, text=b"0123456789")
    after = {
        (b.tcb.state, b.tcb.rcv_nxt - crossed.rcv_nxt) for b in segment_arrives(crossed, arrived)
    }
    assert {("CLOSE-WAIT", 11), ("ESTABLISHED", 0), ("SYN-RECEIVED", 0)} <= after
    reset = segment(SYN | ACK | RST, crossed.irs, text=b"0123456789")
    assert all(b.tcb.state != "ESTABLISHED" for b in segment_arrives(crossed, reset))


@pytest.mark.parametrize(("flags", "named"), [(SYN | ACK, False), (ACK, True)])
def test_timestamps_are_agreed_on_once_syn_and_syn_ack_have_them(flags: int, named: bool) -> None:
    """RFC 7323, 3.2: text without them is to be dropped, but not that of a crossed SYN,ACK."""
    crossed = OPEN._replace(
        state="SYN-RECEIVED",
        passive=False,
        irs=OPEN.rcv_nxt - 1,
        snd_una=OPEN.snd_nxt - 1,
        ts_recent=7,
    )
    seq = crossed.irs if flags & SYN else crossed.rcv_nxt
    taken = [
        b.variant
        for b in segment_arrives(crossed, segment(flags, seq, text=b"0123456789"))
        if b.tcb.rcv_nxt - crossed.rcv_nxt == 10
    ]
    assert taken == (["RFC 1323"] if named else [""])


@pytest.mark.parametrize(("seq", "wrong"), [(0, False), (100, True)])
def test_a_window_that_an_older_segment_has_used_up(seq: int, wrong: bool) -> None:
    """3.1: it is offered from SEG.ACK on; an ACK at its edge is the best there is beyond that."""
    at = OPEN.rcv_nxt
    nxt = OPEN.snd_una + 1_000
    flight = OPEN._replace(snd_nxt=nxt, snd_wnd=600, snd_wl1=at + 1, snd_wl2=OPEN.snd_una)
    acked = segment_arrives(flight, segment(ACK, at + seq, OPEN.snd_una + 700))[0].tcb
    answer = Segment(8, 7, OPEN.snd_una + 700, at, ACK, acked.rcv_wnd)
    assert isinstance(departs(acked, answer, SILENT, 1_460), Refusal) is wrong


def test_a_reset_for_lost_text_stands_where_the_peer_takes_it() -> None:
    """SHLD-3 behind a closed window: the peer has not taken the octet of the probe."""
    closed = OPEN._replace(
        state="FIN-WAIT-1", read="gone", snd_wnd=0, snd_una=(OPEN.snd_nxt - 1) & 0xFFFFFFFF
    )
    old = closed.snd_una - 1
    lost = segment_arrives(closed, segment(ACK, closed.rcv_nxt, old, text=b"x"))[0]
    assert (lost.clause, lost.tcb.state) == ("RFC9293:SHLD-3", "CLOSED")
    assert {closed.snd_nxt, closed.snd_una, old} == set(lost.answer.seqs)


def test_an_owed_acknowledgement_may_go_ahead_of_the_reset() -> None:
    """After an abort: the ACK that was owed, then the reset; nothing else in its place."""
    due = Answer("rst", (OPEN.snd_nxt,), (OPEN.rcv_nxt,))
    gone = Hypothesis(OPEN._replace(state="CLOSED"), due=due, due_by=0, due_clause="X", credit=1)
    bare = Segment(8, 7, OPEN.snd_nxt, OPEN.rcv_nxt, ACK, 400)
    after = after_departure(gone, bare, SILENT, 1_460, 0)
    assert isinstance(after, Hypothesis)
    assert (after.due, after.credit) == (due, 0)
    assert isinstance(after_departure(after, bare, SILENT, 1_460, 0), Refusal)
    wrong = bare._replace(ack=OPEN.rcv_nxt + 1)
    assert isinstance(after_departure(gone, wrong, SILENT, 1_460, 0), Refusal)


def test_urgent_octets_are_told_of_behind_a_closed_window() -> None:
    """An ACK with URG that nothing has called for: right where something is urgent, else not."""
    bare = Segment(8, 7, OPEN.snd_nxt, OPEN.rcv_nxt, ACK | URG, OPEN.rcv_wnd, 31)
    urgent = SILENT._replace(urgent=True)
    assert isinstance(after_departure(Hypothesis(OPEN), bare, urgent, 1_460, 0), Hypothesis)
    assert isinstance(after_departure(Hypothesis(OPEN), bare, SILENT, 1_460, 0), Refusal)
    plain = bare._replace(flags=ACK)
    assert isinstance(after_departure(Hypothesis(OPEN), plain, urgent, 1_460, 0), Refusal)


@pytest.mark.parametrize("offered", [True, False])
def test_a_syn_ack_may_be_reset_for_its_tsecr(offered: bool) -> None:
    """Only where our SYN had timestamps, and as a known way past the rules."""
    tcb = OPEN._replace(state="SYN-SENT", ts_offered=offered, snd_una=OPEN.snd_nxt - 1)
    stamped = segment(SYN | ACK, 5)._replace(options=(Timestamps(1, 2),))
    named = [b.variant for b in departures(tcb, stamped)]
    assert named == (["a reset for its TSecr"] if offered else [])
    assert not departures(tcb, segment(SYN | ACK, 5))


ANSWERED = """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 5
peer: S seq=0 <mss 1000>
peer: A seq=1 ack=1 window=1000
app: accept4 listener SOCK_NONBLOCK -> c0
app: send c0 4000 MSG_NOSIGNAL
peer: A seq=1 ack=1001 window=2000 data=5
peer: A seq=6 ack=3001 window=2000
"""


@pytest.mark.parametrize(
    ("which", "by", "named"),
    [((1,), 5, ""), ((1, 2), 5, ""), ((2,), 5, SANE), ((1,), 4, SANE), ((3,), 5, SANE)],
)
def test_text_for_an_ack_may_go_ahead_of_the_text_beside_it(
    which: tuple[int, ...], by: int, named: str
) -> None:
    """3.10.7.4: an ACK is for the fifth check, text for the seventh: RCV.NXT of before is right in
    what that ACK lets out, and in nothing behind a segment that tells of the text.
    """
    with closing(open_target("reference")) as target:
        judge = Judge(target.manifest, target.version())
        script = Script(try_alone(target, judge, case_of(ANSWERED), 1).trace)
    sent = [
        at
        for at, entry in enumerate(script.entries)
        if isinstance(entry.data, bytes) and entry.kind == "receive" and len(entry.data) > 500
    ]
    for place in which:
        script.change(sent[place], lambda s: s._replace(ack=s.ack - by, window=65_535))
    violations = judge_trace(script.trace()[0]).violations
    assert [violation.requirement for violation in violations[:1]] == [named] * bool(named)
