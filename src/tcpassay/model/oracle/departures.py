"""Known ways past the rules: followed, so that one is told once, by its clause, and not by all that
comes of it. Each gives branches that no document allows; what follows one only is a violation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import SILENCE, Answer, Branch, acknowledge
from tcpassay.model.rules.ack import advanced
from tcpassay.model.rules.arrival import beyond_sequence, otherwise
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.rules.sequence import SHORT, acceptable
from tcpassay.model.tcb import SYNCHRONIZED, offset
from tcpassay.wire import ACK, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment

#: States in which the peer has sent its FIN, and text has no place any more.
_NO_MORE_TEXT = frozenset({"CLOSE-WAIT", "CLOSING", "LAST-ACK"})

#: The widest window that a field of 16 bits can tell without scaling, less what rounding takes.
WIDEST = 65_535 - 1_460


def departures(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """What else a target may make of a segment. Mostly nothing."""
    if tcb.state == "SYN-RECEIVED":
        return (*_dropped_unseen(tcb, segment), *_handshake(tcb, segment))
    if tcb.state not in SYNCHRONIZED or tcb.state == "TIME-WAIT":
        return ()
    if segment.flags & (ACK | RST | SYN) == ACK:
        found = (
            *_window_of_another_rule(tcb, segment),
            *_reset_after_fin(tcb, segment),
            *_older_by_a_tick(tcb, segment),
        )
    else:
        found = _dropped_unseen(tcb, segment)
    return (*found, *_window_of_another_size(tcb, segment))


def _departs(tcb: Tcb, answer: Answer, clause: str, name: str) -> Branch:
    return Branch(tcb, answer, clause, "variant", name)


def _dropped_unseen(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Without ACK, RST and SYN, dropped before number and timestamp are looked at."""
    if segment.flags & (ACK | RST | SYN):
        return ()
    clause = _unanswered(tcb, segment)
    return (_departs(tcb, SILENCE, clause, "a check for ACK before all others"),) if clause else ()


def _unanswered(tcb: Tcb, segment: Segment) -> str:
    """By which rule a segment that is not taken has to be answered; empty where by none."""
    if _is_old(tcb, segment):
        return "RFC7323:5.3-R1"
    return "" if acceptable(tcb, segment) else f"RFC9293:3.10.7.4-SEQ-{SHORT[tcb.state]}"


def _is_old(tcb: Tcb, segment: Segment) -> bool:
    stamps = timestamps(segment)
    if stamps is None or tcb.ts_recent is None:
        return False
    return offset(stamps.tsval, tcb.ts_recent) < 0


def _older_by_a_tick(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """PAWS that lets a timestamp pass which is one tick older than TS.Recent."""
    stamps = timestamps(segment)
    if stamps is None or tcb.ts_recent is None or offset(stamps.tsval, tcb.ts_recent) != -1:
        return ()
    taken = otherwise(tcb._replace(ts_recent=stamps.tsval), segment)
    name = "PAWS from two ticks on"
    return tuple(
        _departs(b.tcb._replace(ts_recent=tcb.ts_recent), b.answer, "RFC7323:5.3-R1", name)
        for b in taken
    )


def _window_of_another_size(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Taken as within the window (3.10.7.4, first): what ends between Last.ACK.sent and RCV.NXT;
    what lies beyond an edge that was announced as far away as the field can tell. And an old ACK
    with an old timestamp that is dropped as the one thing, without the answer to the other.
    """
    at, length = offset(segment.seq, tcb.rcv_nxt), segment.seg_len
    if _is_old(tcb, segment):
        if at >= 0 or length or segment.flags & (ACK | RST) != ACK:
            return ()
        return (_departs(tcb, SILENCE, "RFC7323:5.3-R1", "no answer to an old ACK"),)
    if acceptable(tcb, segment):
        return ()
    if at >= tcb.rcv_wnd >= WIDEST:
        name = "a window wider than announced"
    elif offset(tcb.last_ack, tcb.rcv_nxt) <= at + length <= 0:
        name = "a window from Last.ACK.sent on"
    else:
        return ()
    clause = f"RFC9293:3.10.7.4-SEQ-{'RST-SILENT' if segment.flags & RST else SHORT[tcb.state]}"
    found = []
    for branch in beyond_sequence(tcb, segment):
        answer = branch.answer
        if answer.kind == "silence" and branch.tcb.state != "CLOSED":
            answer = acknowledge(branch.tcb, may_fail=True)
        found.append(_departs(branch.tcb, answer, clause, name))
    return tuple(found)


def _window_of_another_rule(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A window taken for a newer ACK alone, or not taken where it only gets smaller (fifth)."""
    if not 0 <= offset(segment.ack, tcb.snd_una) <= offset(tcb.snd_nxt, tcb.snd_una):
        return ()
    if segment.window == tcb.snd_wnd or not acceptable(tcb, segment):
        return ()
    moved = advanced(tcb, segment)
    new = moved.snd_una != tcb.snd_una
    newer = offset(segment.seq, tcb.snd_wl1)
    if newer < 0 and new:
        clause = "RFC9293:3.10.7.4-WND-OLD-SEG"
        other = tcb._replace(snd_wnd=segment.window, snd_wl1=segment.seq, snd_wl2=segment.ack)
    elif newer == 0 and not new and 0 < segment.window < tcb.snd_wnd:
        # What can be seen of it is text beyond the new window.
        clause, other = "RFC9293:3.8.6-SEND-IN-WINDOW", tcb
    else:
        return ()
    found = []
    for branch in beyond_sequence(tcb, segment):
        if branch.tcb.snd_una != moved.snd_una:
            continue
        held = branch.tcb._replace(
            snd_wnd=other.snd_wnd, snd_wl1=other.snd_wl1, snd_wl2=other.snd_wl2
        )
        found.append(_departs(held, branch.answer, clause, "a window update of its own"))
    return tuple(found)


def _reset_after_fin(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Text from before the peer's FIN to behind it: reset, and not ignored (seventh)."""
    if tcb.state not in _NO_MORE_TEXT or not segment.payload:
        return ()
    at = offset(segment.seq, tcb.rcv_nxt)
    if at >= 0 or at + len(segment.payload) <= 0:
        return ()
    gone = tcb._replace(state="CLOSED")
    clause = f"RFC9293:3.10.7.4-TEXT-{SHORT[tcb.state]}"
    answer = Answer("rst", (tcb.snd_nxt, segment.ack))
    return (_departs(gone, answer, clause, "a reset for text behind a FIN"),)


def _handshake(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """In SYN-RECEIVED: an ACK that echoes the timestamp of a segment later than the SYN,ACK is not
    taken, and PAWS applies to a RST.
    """
    if not tcb.passive or tcb.ts_recent is None:
        return ()
    if segment.flags & (ACK | RST | SYN) == ACK:
        clause = "RFC9293:3.10.7.4-ACK-SYNRCVD-OK"
        return (_departs(tcb, acknowledge(tcb), clause, "the TSecr of the SYN,ACK alone"),)
    if segment.flags & RST and _is_old(tcb, segment):
        return (_departs(tcb, SILENCE, "RFC7323:5.2-RST-NO-PAWS", "PAWS for a RST"),)
    return ()
