"""RFC 9293, 3.10.7.4, second and fourth step, with RFC 5961, 3.2 and 4.2."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tcpassay.model.answers import Branch
from tcpassay.model.oracle.limits import Limits

Arrives = Callable[..., tuple[Branch, ...]]
SYNCHRONIZED = (
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "CLOSING",
    "LAST-ACK",
    "TIME-WAIT",
)
HALF = {"iss": 3009, "snd_una": 3009, "snd_nxt": 3010}


@pytest.mark.parametrize("state", SYNCHRONIZED)
def test_three_cases_of_rst(arrives: Arrives, state: str) -> None:
    """Outside the window silence; at RCV.NXT the end; elsewhere in it a challenge ACK."""
    (outside,) = arrives(state, "R", 1500)
    exact, *_ = arrives(state, "R", 1000)
    inside, old = arrives(state, "R", 1001)
    assert (outside.answer.kind, outside.tcb.state) == ("silence", state)
    assert (exact.answer.kind, exact.tcb.state) == ("silence", "CLOSED")
    assert (inside.answer.kind, inside.tcb.state) == ("ack", state)
    assert (inside.answer.seqs, inside.answer.acks) == ((3010,), (1000,))
    assert (old.label, old.variant, old.tcb.state) == ("variant", "RFC 793", "CLOSED")


def test_rst_in_time_wait_may_be_ignored(arrives: Arrives) -> None:
    """RFC 1337, fix F1: a RST does not end TIME-WAIT; a variant."""
    _, kept = arrives("TIME-WAIT", "R", 1000)
    assert (kept.tcb.state, kept.label, kept.variant) == ("TIME-WAIT", "variant", "RFC 1337")


def test_who_is_told_of_a_reset(arrives: Arrives) -> None:
    """Reset; refused after an active open; nobody where the listener's child goes."""
    assert arrives("ESTABLISHED", "R", 1000)[0].event == "reset"
    assert arrives("CLOSE-WAIT", "R", 1000)[0].event == "reset"
    assert arrives("LAST-ACK", "R", 1000)[0].event == ""
    assert arrives("SYN-RECEIVED", "R", 1000, passive=False, **HALF)[0].event == "refused"
    assert arrives("SYN-RECEIVED", "R", 1000, passive=True, **HALF)[0].event == ""


@pytest.mark.parametrize("state", SYNCHRONIZED[:-1])
@pytest.mark.parametrize("seq", [999, 1000, 1001, 1499, 1500, 1000 + (1 << 30)])
def test_syn_is_challenged_whatever_its_number(arrives: Arrives, state: str, seq: int) -> None:
    """RFC 5961, 4.2; only in the window had RFC 793 a reset for it."""
    standard, *variants = arrives(state, "S", seq)
    assert standard.answer.kind == "ack"
    assert standard.tcb.state == state
    assert [v.variant for v in variants] == (["RFC 793"] if 1000 <= seq < 1500 else [])
    assert all(v.answer.kind == "rst" and v.tcb.state == "CLOSED" for v in variants)


def test_syn_in_the_window_of_a_passive_half_open(arrives: Arrives) -> None:
    """Back to LISTEN without a word, or challenged as RFC 5961 has it; RFC 793 sent a reset."""
    back, kept, old = arrives("SYN-RECEIVED", "S", 1000, **HALF)
    assert (back.answer.kind, back.tcb.state, back.label) == ("silence", "CLOSED", "standard")
    assert (kept.answer.kind, kept.tcb.state, kept.label) == ("ack", "SYN-RECEIVED", "optional")
    assert (old.answer.kind, old.label) == ("rst", "variant")


def test_syn_in_the_window_of_an_active_half_open(arrives: Arrives) -> None:
    """As the text has it: "Otherwise, handle per the directions for synchronized states"."""
    (branch,) = arrives("SYN-RECEIVED", "S", 1000, passive=False, **HALF)
    assert (branch.answer.kind, branch.tcb.state) == ("ack", "SYN-RECEIVED")


def test_syn_may_reopen_time_wait(arrives: Arrives) -> None:
    """MAY-2: above all that the old connection received; below it never."""
    challenged, *_, reopened = arrives("TIME-WAIT", "S", 1001)
    assert (challenged.answer.kind, reopened.answer.kind) == ("ack", "syn-ack")
    assert reopened.tcb.rcv_nxt == 1002
    assert all(branch.answer.kind != "syn-ack" for branch in arrives("TIME-WAIT", "S", 999))


@pytest.mark.parametrize("seq", [999, 1001])
def test_syn_in_time_wait_may_be_dropped_in_silence(arrives: Arrives, seq: int) -> None:
    """RFC 6191, 2: one that opens nothing draws no ACK there, though RFC 9293 has one."""
    answers = {(b.answer.kind, b.tcb.state): b.label for b in arrives("TIME-WAIT", "S", seq)}
    assert answers["silence", "TIME-WAIT"] == "optional"
    assert answers["ack", "TIME-WAIT"] == "standard"


def test_old_reset_rule_is_an_option_where_nobody_claims_the_new_one() -> None:
    """RFC 793 ends a connection by any reset in the window; no variant without RFC 5961."""
    assert "RFC 793" in Limits(rfc5961=False).variants
    assert not Limits().variants


def test_reopened_connection_has_nothing_of_the_old_one(arrives: Arrives) -> None:
    """MAY-2, after this end has closed: neither its FIN nor its deaf application goes on."""
    old = {"fin_sent": True, "read": "gone", "fin": 999, "passive": False}
    *_, reopened = arrives("TIME-WAIT", "S", 1001, **old)
    assert reopened.label == "optional"
    tcb = reopened.tcb
    assert (tcb.state, tcb.passive, tcb.fin_sent) == ("SYN-RECEIVED", True, False)
    assert (tcb.read, tcb.fin, tcb.snd_nxt) == ("open", None, 0)


def test_fin_beside_the_syn_is_kept_for_later(arrives: Arrives) -> None:
    """MAY-2, 3.10.7.2: SYN and FIN in TIME-WAIT; the SYN opens, the FIN may wait for its turn."""
    reopened = [b.tcb for b in arrives("TIME-WAIT", "SF", 2000) if b.answer.kind == "syn-ack"]
    assert [(tcb.state, tcb.rcv_nxt, tcb.fin) for tcb in reopened] == [
        ("SYN-RECEIVED", 2001, 2001),
        ("SYN-RECEIVED", 2001, None),
    ]


@pytest.mark.parametrize("flags", ["SR", "SA"])
def test_only_a_plain_syn_reopens(arrives: Arrives, flags: str) -> None:
    """A SYN with RST or ACK in TIME-WAIT, above RCV.NXT; no connection comes of it."""
    after = {branch.tcb.state for branch in arrives("TIME-WAIT", flags, 2000)}
    assert after == {"TIME-WAIT"}
