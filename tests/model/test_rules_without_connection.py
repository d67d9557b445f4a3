"""RFC 9293, 3.10.7.1 to 3.10.7.3: CLOSED, LISTEN and SYN-SENT."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tcpassay.model.answers import Branch

Arrives = Callable[..., tuple[Branch, ...]]
SENT = {"iss": 3009, "snd_una": 3009, "snd_nxt": 3010}


@pytest.mark.parametrize(
    ("flags", "text", "seqs", "acks"),
    [
        ("", b"", (0,), (50,)),
        ("S", b"", (0,), (51,)),
        ("SF", b"xy", (0,), (54,)),
        ("P", b"xy", (0,), (52,)),
        ("A", b"", (7777,), ()),
        ("SA", b"", (7777,), ()),
        ("FA", b"xy", (7777,), ()),
    ],
)
def test_closed(
    arrives: Arrives, flags: str, text: bytes, seqs: tuple[int, ...], acks: tuple[int, ...]
) -> None:
    """<SEQ=SEG.ACK><CTL=RST>, without ACK <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>."""
    (branch,) = arrives("CLOSED", flags, 50, ack=7777, text=text)
    answer = branch.answer
    assert (answer.kind, answer.seqs, answer.acks) == ("rst", seqs, acks)


@pytest.mark.parametrize("state", ["CLOSED", "LISTEN"])
@pytest.mark.parametrize("flags", ["R", "RA", "RS", "RF"])
def test_no_reset_for_a_reset(arrives: Arrives, state: str, flags: str) -> None:
    """As the text has it: "An incoming segment containing a RST is discarded"."""
    (branch,) = arrives(state, flags, 50)
    assert (branch.answer.kind, branch.tcb.state) == ("silence", state)


def test_listen(arrives: Arrives) -> None:
    """ACK: a reset. SYN: SYN,ACK with SEG.SEQ+1. All else: dropped."""
    (ack,) = arrives("LISTEN", "A", 50, ack=7777)
    assert (ack.answer.kind, ack.answer.seqs, ack.tcb.state) == ("rst", (7777,), "LISTEN")
    (syn,) = arrives("LISTEN", "S", 50)
    assert (syn.answer.kind, syn.answer.acks, syn.tcb.state) == ("syn-ack", (51,), "SYN-RECEIVED")
    assert (syn.tcb.irs, syn.tcb.rcv_nxt) == (50, 51)
    for flags in ("", "F", "P"):
        (other,) = arrives("LISTEN", flags, 50)
        assert (other.answer.kind, other.tcb.state) == ("silence", "LISTEN")


@pytest.mark.parametrize(("ack", "good"), [(3008, False), (3009, False), (3010, True)])
@pytest.mark.parametrize("flags", ["A", "SA", "FA"])
def test_syn_sent_looks_at_the_ack_first(
    arrives: Arrives, flags: str, ack: int, good: bool
) -> None:
    """SEG.ACK =< ISS or > SND.NXT: <SEQ=SEG.ACK><CTL=RST>, and the attempt goes on."""
    branch = arrives("SYN-SENT", flags, 50, ack=ack, **SENT)[0]
    assert (branch.answer.kind == "rst") is not good
    if not good:
        assert (branch.answer.seqs, branch.tcb.state) == ((ack,), "SYN-SENT")


def test_syn_sent(arrives: Arrives) -> None:
    """SYN,ACK opens; SYN crosses; RST counts with an acceptable ACK only."""
    (opened,) = arrives("SYN-SENT", "SA", 50, ack=3010, **SENT)
    assert (opened.tcb.state, opened.answer.kind, opened.answer.acks) == (
        "ESTABLISHED",
        "ack",
        (51,),
    )
    (crossed,) = arrives("SYN-SENT", "S", 50, **SENT)
    assert (crossed.tcb.state, crossed.answer.kind) == ("SYN-RECEIVED", "syn-ack")
    assert (crossed.answer.seqs, crossed.answer.acks) == ((3009,), (51,))
    (refused,) = arrives("SYN-SENT", "RA", 50, ack=3010, **SENT)
    assert (refused.tcb.state, refused.event) == ("CLOSED", "refused")
    for flags, ack in (("R", 0), ("RA", 3009), ("RA", 3011)):
        (ignored,) = arrives("SYN-SENT", flags, 50, ack=ack, **SENT)
        assert (ignored.tcb.state, ignored.answer.kind) == ("SYN-SENT", "silence")
