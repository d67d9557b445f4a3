"""What holds of every state and every segment (RFC 9293, 3.4, 3.5.2 and 3.10.7)."""

from __future__ import annotations

from typing import get_args

from hypothesis import example, given
from hypothesis import strategies as st

from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.rules import segment_arrives
from tcpassay.model.tcb import SYNCHRONIZED, State, Tcb
from tcpassay.wire import ACK, PSH, RST, SYN, URG, Segment

CATALOGUE = load_catalogue()
numbers = st.integers(0, 0xFFFF_FFFF)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Tcb, Segment]:
    """A connection with consistent variables, and a segment near it or anywhere."""
    state = draw(st.sampled_from(get_args(State)))
    iss, irs = draw(numbers), draw(numbers)
    acked = 0 if state in {"SYN-SENT", "SYN-RECEIVED"} else draw(st.integers(1, 5000))
    flight = 1 if not acked else draw(st.integers(0, 5000))
    nxt, window = (irs + draw(st.integers(1, 5000))) & 0xFFFF_FFFF, draw(st.integers(0, 70000))
    una = (iss + acked) & 0xFFFF_FFFF
    tcb = Tcb(
        state=state,
        passive=draw(st.booleans()),
        iss=iss,
        snd_una=una,
        snd_nxt=(una + flight) & 0xFFFF_FFFF,
        snd_wnd=1000,
        snd_wl1=nxt,
        snd_wl2=una,
        max_snd_wnd=draw(st.integers(0, 70000)),
        fin_sent=flight > 0 and draw(st.booleans()),
        irs=irs,
        rcv_nxt=nxt,
        rcv_wnd=window,
        read=draw(st.sampled_from(("open", "gone"))),
    )
    near = st.integers(-3, 3)
    seq = draw(numbers | near.map(lambda d: nxt + d) | near.map(lambda d: nxt + window + d))
    ack = draw(numbers | near.map(lambda d: una + d) | near.map(lambda d: tcb.snd_nxt + d))
    segment = Segment(
        1,
        2,
        seq & 0xFFFF_FFFF,
        ack & 0xFFFF_FFFF,
        draw(st.integers(0, 63)),
        draw(st.integers(0, 65535)),
        payload=draw(st.sampled_from((b"", b"x", b"x" * 900))),
    )
    return tcb, segment


@given(situations())
@example(
    (
        Tcb("SYN-SENT", passive=False, snd_nxt=1, snd_wnd=1000, rcv_nxt=1, read="gone"),
        Segment(1, 2, 0, 1, 0b10011, 0, payload=b"x"),
    )
)
def test_there_is_always_a_way_to_go_on(situation: tuple[Tcb, Segment]) -> None:
    """One branch or more, the first of them standard; each names a clause of the catalogue."""
    branches = segment_arrives(*situation)
    assert branches
    assert branches[0].label == "standard"
    for branch in branches:
        assert CATALOGUE.get(branch.clause).id == branch.clause
        assert bool(branch.variant) == (branch.label == "variant")


@given(situations())
def test_numbers_stay_on_the_circle(situation: tuple[Tcb, Segment]) -> None:
    """Every variable and every number of an answer; and no window below zero."""
    for branch in segment_arrives(*situation):
        tcb = branch.tcb
        told = (*branch.answer.seqs, *branch.answer.acks)
        variables = (tcb.snd_una, tcb.snd_nxt, tcb.snd_wl1, tcb.snd_wl2, tcb.rcv_nxt, tcb.irs)
        assert all(0 <= number <= 0xFFFF_FFFF for number in (*told, *variables))
        assert tcb.rcv_wnd >= 0


@given(situations())
def test_no_reset_for_a_reset(situation: tuple[Tcb, Segment]) -> None:
    """3.5.2: whatever the state, a RST draws at most a challenge ACK, and that in the window."""
    tcb, segment = situation
    if not segment.flags & RST:
        return
    kinds = {branch.answer.kind for branch in segment_arrives(tcb, segment)}
    assert kinds <= (
        {"silence", "ack"} if tcb.state in SYNCHRONIZED | {"SYN-RECEIVED"} else {"silence"}
    )


@given(situations())
def test_unacceptable_segments_change_nothing(situation: tuple[Tcb, Segment]) -> None:
    """A synchronized connection takes nothing from a segment wholly outside its window."""
    tcb, segment = situation
    length = max(1, segment.seg_len)
    first = (segment.seq - tcb.rcv_nxt) & 0xFFFF_FFFF
    outside = first >= tcb.rcv_wnd and first + length <= 1 << 32
    if tcb.state not in SYNCHRONIZED or not outside or not first or segment.flags & SYN:
        return
    for branch in segment_arrives(tcb, segment):
        assert branch.tcb == tcb


@given(situations())
@example(
    (
        Tcb("ESTABLISHED", snd_una=1, snd_nxt=2, snd_wnd=1000, rcv_nxt=1),
        Segment(1, 2, 1, 2, PSH | URG, 0, payload=b"x"),
    )
)
def test_acknowledgements_stay_within_what_was_received(situation: tuple[Tcb, Segment]) -> None:
    """RCV.NXT moves over the segment at most, and SND.UNA never back or beyond SND.NXT."""
    tcb, segment = situation
    if tcb.state not in SYNCHRONIZED or segment.flags & SYN:
        return
    for branch in segment_arrives(tcb, segment):
        moved = (branch.tcb.rcv_nxt - tcb.rcv_nxt) & 0xFFFF_FFFF
        assert moved <= segment.seg_len
        acked = (branch.tcb.snd_una - tcb.snd_una) & 0xFFFF_FFFF
        assert acked <= (tcb.snd_nxt - tcb.snd_una) & 0xFFFF_FFFF
        assert segment.flags & ACK or not acked
