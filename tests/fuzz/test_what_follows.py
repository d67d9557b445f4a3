"""What an explained departure explains, and what a stack that has ended owes."""

from __future__ import annotations

import pytest

from tcpassay.core.errors import StackFault
from tcpassay.core.verdict import Level
from tcpassay.fuzz.alarms import Alarm, Key
from tcpassay.fuzz.cases.steps import FuzzCase
from tcpassay.fuzz.judges.wreck import place_of
from tcpassay.fuzz.judging import FOLLOWED, with_what_follows
from tcpassay.fuzz.playing.faults import NO_ANSWER, without_answers
from tcpassay.fuzz.playing.player import Played
from tcpassay.model.oracle.other_departures import other_departures
from tcpassay.model.tcb import Tcb
from tcpassay.wire import ACK, RST, SYN, Segment


def _alarm(why: str, explained: str = "") -> Alarm:
    key = Key("RFC9293:MUST-16", "ESTABLISHED", "A", "none")
    return Alarm("oracle", key, why, "", 0, Level.MUST, explained)


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (_alarm("an answer", "entry"), "entry"),
        (_alarm("an answer"), ""),
        (_alarm(f"{FOLLOWED}a window of its own", "entry"), ""),
        (_alarm(f"{FOLLOWED}RFC 793", "entry"), "entry"),
    ],
    ids=["explained", "unexplained", "followed", "reset"],
)
def test_rest_of_a_case(first: Alarm, told: str) -> None:
    """An alarm behind another; explained by that, but where the oracle knows how it went on."""
    before, behind, after = with_what_follows([_alarm("before"), first, _alarm("after")])
    assert before.explained == ""
    assert behind == first
    assert after.explained == told


def test_ended_stack_owes_no_answer() -> None:
    """A stack that has ended; its answers are not missed, what it did before is."""
    alarms = [_alarm("too long"), _alarm(NO_ANSWER)]
    played = Played(FuzzCase(()), 0, 0, 0, None, 0)
    assert without_answers(alarms, played) == alarms
    assert without_answers(alarms, played._replace(fault=StackFault("gone"))) == alarms[:1]


def test_assertion_seen_by_a_sanitizer() -> None:
    """A failed assertion under a sanitizer; told by the assertion, not by the signal."""
    report = (
        "core/tcp_in.c:1430: assertion: insane offset!\n"
        "==1==ERROR: AddressSanitizer: ABRT on unknown address\n"
        "    #0 0x1 in __pthread_kill_implementation nptl/pthread_kill.c:43\n"
        "    #1 0x2 in tcp_receive core/tcp_in.c:1430\n"
    )
    assert place_of(StackFault("exit status 1", stderr=report)) == (
        "assertion: insane offset! (tcp_in.c)"
    )
    unsaid = report.partition("\n")[2]
    assert place_of(StackFault("exit status 1", stderr=unsaid)) == "ABRT in tcp_receive (tcp_in.c)"


def _segment(seq: int, ack: int, flags: int) -> Segment:
    return Segment(1, 2, seq=seq, ack=ack, flags=flags, window=1000)


_HALF_OPEN = Tcb("SYN-RECEIVED", iss=9, snd_una=9, snd_nxt=10, irs=0, rcv_nxt=1, rcv_wnd=1000)


@pytest.mark.parametrize(
    ("tcb", "segment", "names"),
    [
        (_HALF_OPEN, _segment(1, 0, SYN), ["a SYN that is not looked at"]),
        (
            _HALF_OPEN,
            _segment(1, 10, SYN | ACK),
            ["a SYN that counts as an octet"],
        ),
        (
            _HALF_OPEN,
            _segment(5000, 10, ACK),
            ["an ACK whatever the number"],
        ),
        (_HALF_OPEN, _segment(5000, 10, SYN | ACK), ["an ACK whatever the number"]),
        (_HALF_OPEN, _segment(1, 10, ACK), []),
        (
            _HALF_OPEN._replace(state="ESTABLISHED"),
            _segment(5, 0, RST),
            ["no challenge"],
        ),
        (
            _HALF_OPEN._replace(state="CLOSE-WAIT"),
            _segment(5, 10, ACK),
            ["nothing right of the peer's FIN"],
        ),
        (
            _HALF_OPEN._replace(state="TIME-WAIT"),
            _segment(1, 0, SYN),
            ["a reset that ends nothing"],
        ),
    ],
)
def test_ways_past_the_rules(tcb: Tcb, segment: Segment, names: list[str]) -> None:
    """A segment in a state; the ways past the rules that are followed there."""
    assert [branch.variant for branch in other_departures(tcb, segment)] == names
    assert all(branch.label == "variant" for branch in other_departures(tcb, segment))
