"""RFC 9293, 3.10.7.4, first step, against table 6 and the text around it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tcpassay.model.answers import Branch

Arrives = Callable[..., tuple[Branch, ...]]

#: Table 6 at its edges: length of text, window, SEG.SEQ - RCV.NXT, acceptable.
TABLE_6 = [
    (0, 0, 0, True),
    (0, 0, -1, False),
    (0, 0, 1, False),
    (0, 500, -1, False),
    (0, 500, 0, True),
    (0, 500, 499, True),
    (0, 500, 500, False),
    (3, 0, 0, False),
    (3, 0, -1, False),
    (3, 500, -4, False),
    (3, 500, -3, False),
    (3, 500, -2, True),
    (3, 500, 0, True),
    (3, 500, 499, True),
    (3, 500, 500, False),
    (3, 500, 1 << 30, False),
    (3, 500, -(1 << 30), False),
]


@pytest.mark.parametrize(("length", "window", "at", "good"), TABLE_6)
def test_table_6(arrives: Arrives, length: int, window: int, at: int, good: bool) -> None:
    """Each row of the table; what is not acceptable draws <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>."""
    seq = (1000 + at) & 0xFFFF_FFFF
    first = arrives("CLOSE-WAIT", "A", seq, text=b"x" * length, rcv_wnd=window)[0]
    refused = first.clause.startswith("RFC9293:3.10.7.4-SEQ-")
    assert refused is not good
    if not good:
        answer = first.answer
        assert (answer.kind, answer.seqs, answer.acks) == ("ack", (3010,), (1000,))
        assert not answer.may_fail
        assert first.tcb.rcv_nxt == 1000
        assert first.tcb.snd_una == 3000


def test_table_6_on_the_circle(arrives: Arrives) -> None:
    """A window across 2^32; its octets on either side of zero are inside."""
    window = {"rcv_nxt": 0xFFFF_FFF0, "irs": 0xFFFF_FFEF, "rcv_wnd": 32}
    inside = arrives("ESTABLISHED", "A", 0x0F, **window)
    outside = arrives("ESTABLISHED", "A", 0x10, **window)
    assert inside[0].answer.kind == "silence"
    assert outside[0].answer.kind == "ack"


@pytest.mark.parametrize("at", [-1, 500, 1 << 30])
def test_reset_outside_the_window(arrives: Arrives, at: int) -> None:
    """As the text has it: "Unless the RST bit is set, if so drop the segment and return"."""
    (branch,) = arrives("ESTABLISHED", "R", 1000 + at)
    assert branch.answer.kind == "silence"
    assert branch.tcb.state == "ESTABLISHED"


def test_closed_window_takes_an_ack(arrives: Arrives) -> None:
    """The special allowance: with a window of zero an ACK at RCV.NXT counts, its text not."""
    branches = arrives("ESTABLISHED", "A", 1000, ack=3005, text=b"x", rcv_wnd=0)
    assert {branch.tcb.snd_una for branch in branches} == {3000, 3005}
    assert {branch.tcb.rcv_nxt for branch in branches} == {1000}


def test_text_beyond_the_window(arrives: Arrives) -> None:
    """What lies within is taken, or all of the segment dropped; never an octet beyond."""
    branches = arrives("ESTABLISHED", "A", 1000, text=b"x" * 600)
    assert {branch.tcb.rcv_nxt for branch in branches} == {1500, 1000}
    assert branches[0].clause == "RFC9293:3.10.7.4-SEQ-RIGHT-TRIM"


def test_repeated_syn_of_a_half_open_connection(arrives: Arrives) -> None:
    """The SYN again: an ACK, or the SYN,ACK again with the same number."""
    half = {"iss": 3009, "snd_una": 3009, "snd_nxt": 3010}
    ack, again = arrives("SYN-RECEIVED", "S", 999, **half)
    assert (ack.answer.kind, ack.answer.acks) == ("ack", (1000,))
    assert (again.answer.kind, again.answer.seqs, again.answer.acks) == (
        "syn-ack",
        (3009,),
        (1000,),
    )
    assert again.label == "optional"
