"""RFC 9293, 3.10.7.4, fifth to eighth step: ACK, text and FIN."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tcpassay.model.answers import Branch

Arrives = Callable[..., tuple[Branch, ...]]
HALF = {"iss": 3009, "snd_una": 3009, "snd_nxt": 3010}


@pytest.mark.parametrize("state", ["SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK"])
@pytest.mark.parametrize("flags", ["", "F"])
def test_without_ack_dropped(arrives: Arrives, state: str, flags: str) -> None:
    """As the text has it: "If the ACK bit is off, drop the segment and return"."""
    (branch,) = arrives(state, flags, 1000)
    assert (branch.answer.kind, branch.tcb.state, branch.tcb.rcv_nxt) == ("silence", state, 1000)


@pytest.mark.parametrize(("ack", "opens"), [(3008, 0), (3009, 0), (3010, 1), (3011, 0)])
def test_what_opens_a_half_open_connection(arrives: Arrives, ack: int, opens: int) -> None:
    """SND.UNA < SEG.ACK =< SND.NXT; else <SEQ=SEG.ACK><CTL=RST>, and the state stays."""
    first = arrives("SYN-RECEIVED", "A", 1000, ack=ack, **HALF)[0]
    if opens:
        assert (first.tcb.state, first.answer.kind) == ("ESTABLISHED", "silence")
    else:
        assert (first.tcb.state, first.answer.kind) == ("SYN-RECEIVED", "rst")
        assert (first.answer.seqs, first.answer.acks) == ((ack,), ())


def test_unacceptable_ack_outside_the_window(arrives: Arrives) -> None:
    """3.5.2, group 2 against the first step: an ACK, or the reset; both leave the state."""
    branches = arrives("SYN-RECEIVED", "A", 900, ack=3011, **HALF)
    assert [branch.answer.kind for branch in branches] == ["ack", "rst"]
    assert {branch.tcb.state for branch in branches} == {"SYN-RECEIVED"}


@pytest.mark.parametrize(
    ("ack", "una", "kind"),
    [
        (3000 - (1 << 30), 3000, "ack"),
        (2599, 3000, "ack"),
        (3000, 3000, "silence"),
        (3005, 3005, "silence"),
        (3010, 3010, "silence"),
        (3011, 3000, "ack"),
        (3010 + (1 << 30), 3000, "ack"),
    ],
)
def test_ack_in_established(arrives: Arrives, ack: int, una: int, kind: str) -> None:
    """SND.UNA < SEG.ACK =< SND.NXT moves SND.UNA; RFC 5961, 5.2 bounds it from below."""
    first = arrives("ESTABLISHED", "A", 1000, ack=ack)[0]
    assert (first.tcb.snd_una, first.answer.kind) == (una, kind)


@pytest.mark.parametrize(("wl1", "wl2", "window"), [(999, 3010, 400), (1000, 3000, 400)])
def test_window_update(arrives: Arrives, wl1: int, wl2: int, window: int) -> None:
    """SND.WL1 < SEG.SEQ, or equal and SND.WL2 =< SEG.ACK."""
    variables = {"snd_wl1": wl1, "snd_wl2": wl2, "snd_wnd": 9}
    assert arrives("ESTABLISHED", "A", 1000, **variables)[0].tcb.snd_wnd == window


def test_older_segment_leaves_the_window(arrives: Arrives) -> None:
    """SND.WL1 > SEG.SEQ, or equal and SND.WL2 > SEG.ACK; SND.WND stays."""
    for wl1, wl2 in ((1001, 3000), (1000, 3001)):
        branch = arrives("ESTABLISHED", "A", 1000, snd_wl1=wl1, snd_wl2=wl2, snd_wnd=9)[0]
        assert branch.tcb.snd_wnd == 9


@pytest.mark.parametrize(
    ("state", "after"),
    [("FIN-WAIT-1", "FIN-WAIT-2"), ("CLOSING", "TIME-WAIT"), ("LAST-ACK", "CLOSED")],
)
def test_ack_of_our_fin(arrives: Arrives, state: str, after: str) -> None:
    """Only the number behind the FIN moves the state."""
    assert arrives(state, "A", 1000, ack=3010, fin_sent=True)[0].tcb.state == after
    assert arrives(state, "A", 1000, ack=3009, fin_sent=True)[0].tcb.state == state


@pytest.mark.parametrize("state", ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"])
def test_text_in_order(arrives: Arrives, state: str) -> None:
    """RCV.NXT over it, the right edge stays, and an ACK within half a second."""
    branch = arrives(state, "PA", 1000, text=b"x" * 10)[0]
    assert (branch.tcb.rcv_nxt, branch.tcb.rcv_wnd) == (1010, 490)
    assert (branch.answer.acks, branch.answer.within_s) == ((1010,), 0.5)


def test_text_over_the_left_edge(arrives: Arrives) -> None:
    """Of old and new only the new counts."""
    assert arrives("ESTABLISHED", "PA", 995, text=b"x" * 10)[0].tcb.rcv_nxt == 1005


def test_text_above_a_hole(arrives: Arrives) -> None:
    """Kept, and acknowledged at once with RCV.NXT; the hole filled, all of it counts."""
    kept = arrives("ESTABLISHED", "PA", 1020, text=b"x" * 10)[0]
    assert (kept.tcb.held, kept.tcb.rcv_nxt) == (((1020, 1030),), 1000)
    assert (kept.answer.acks, kept.answer.within_s) == ((1000,), 0.0)
    filled = arrives("ESTABLISHED", "PA", 1000, text=b"x" * 20, held=kept.tcb.held)[0]
    assert (filled.tcb.rcv_nxt, filled.tcb.held) == (1030, ())


@pytest.mark.parametrize(("pieces", "edges"), [(32, [1002]), (33, [1002, 1001])])
def test_one_of_many_pieces_may_be_lost(arrives: Arrives, pieces: int, edges: list[int]) -> None:
    """SHLD-31 is a SHOULD: with more pieces than any stack has room for, one may not be there."""
    held = tuple((1000 + at, 1001 + at) for at in range(1, 2 * pieces, 2))
    branches = arrives("ESTABLISHED", "PA", 1000, text=b"x", held=held, rcv_wnd=1000)
    assert [branch.tcb.rcv_nxt for branch in branches] == edges
    assert all(branch.tcb.held == held[1:] for branch in branches)


@pytest.mark.parametrize("state", ["CLOSE-WAIT", "CLOSING", "LAST-ACK"])
def test_text_after_the_peers_fin(arrives: Arrives, state: str) -> None:
    """What should not occur is ignored."""
    assert all(b.tcb.rcv_nxt == 1000 for b in arrives(state, "PA", 1000, text=b"x"))


def test_text_that_nobody_will_read(arrives: Arrives) -> None:
    """3.6.1: a reset shows the loss; a host may take the text all the same."""
    reset, kept = arrives("FIN-WAIT-2", "PA", 1000, ack=3000, text=b"x", read="gone")
    assert (reset.answer.kind, reset.tcb.state, reset.clause) == ("rst", "CLOSED", "RFC9293:SHLD-3")
    assert (kept.answer.kind, kept.label) == ("ack", "optional")


@pytest.mark.parametrize(
    ("state", "ack", "after"),
    [
        ("ESTABLISHED", 3000, "CLOSE-WAIT"),
        ("FIN-WAIT-1", 3000, "CLOSING"),
        ("FIN-WAIT-1", 3010, "TIME-WAIT"),
        ("FIN-WAIT-2", 3000, "TIME-WAIT"),
        ("CLOSE-WAIT", 3000, "CLOSE-WAIT"),
        ("CLOSING", 3000, "CLOSING"),
        ("LAST-ACK", 3000, "LAST-ACK"),
        ("TIME-WAIT", 3000, "TIME-WAIT"),
    ],
)
def test_fin(arrives: Arrives, state: str, ack: int, after: str) -> None:
    """Where a FIN leads; only the first is counted."""
    branch = arrives(state, "FA", 1000, ack=ack, fin_sent=state.startswith("FIN"))[0]
    assert branch.tcb.state == after
    assert branch.tcb.rcv_nxt == (1000 if after == state else 1001)


def test_fin_above_a_hole(arrives: Arrives) -> None:
    """It waits; with the hole filled it counts."""
    waits = arrives("ESTABLISHED", "FA", 1010)[0]
    assert (waits.tcb.state, waits.tcb.fin, waits.answer.acks) == ("ESTABLISHED", 1010, (1000,))
    done = arrives("ESTABLISHED", "PA", 1000, text=b"x" * 10, fin=1010)[0]
    assert (done.tcb.state, done.tcb.rcv_nxt) == ("CLOSE-WAIT", 1011)
