"""Known ways past the rules: followed, so that one is told once, by its clause, and not by all that
comes of it. Each gives branches that no document allows; what follows one only is a violation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import Answer, Branch, acknowledge
from tcpassay.model.rules.ack import advanced
from tcpassay.model.rules.arrival import beyond_sequence
from tcpassay.model.rules.sequence import SHORT, acceptable
from tcpassay.model.tcb import SYNCHRONIZED, offset
from tcpassay.wire import ACK, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment

#: States in which the peer has sent its FIN, and text has no place any more.
_NO_MORE_TEXT = frozenset({"CLOSE-WAIT", "CLOSING", "LAST-ACK"})


def departures(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """What else a target may make of a segment. Mostly nothing."""
    if tcb.state == "SYN-RECEIVED":
        return _handshake_refused(tcb, segment)
    if tcb.state not in SYNCHRONIZED or tcb.state == "TIME-WAIT":
        return ()
    if segment.flags & (ACK | RST | SYN) == ACK:
        found = (*_window_of_another_rule(tcb, segment), *_reset_after_fin(tcb, segment))
        return (*found, *_ends_at_the_left_edge(tcb, segment))
    return _ends_at_the_left_edge(tcb, segment)


def _departs(tcb: Tcb, answer: Answer, clause: str, name: str) -> Branch:
    return Branch(tcb, answer, clause, "variant", name)


def _ends_at_the_left_edge(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Taken as within the window: a segment that ends right before it (3.10.7.4, first)."""
    length = segment.seg_len
    if not length or acceptable(tcb, segment):
        return ()
    end = offset((segment.seq + length) & 0xFFFFFFFF, tcb.rcv_nxt)
    if end > 0 or end < offset(tcb.last_ack, tcb.rcv_nxt):
        return ()
    clause = f"RFC9293:3.10.7.4-SEQ-{'RST-SILENT' if segment.flags & RST else SHORT[tcb.state]}"
    found = []
    for branch in beyond_sequence(tcb, segment):
        answer = branch.answer
        if answer.kind == "silence" and branch.tcb.state != "CLOSED":
            answer = acknowledge(branch.tcb, may_fail=True)
        found.append(_departs(branch.tcb, answer, clause, "a window from RCV.NXT-1 on"))
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


def _handshake_refused(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """The ACK of a SYN,ACK that echoes the timestamp of a later segment is not taken."""
    if not tcb.passive or tcb.ts_recent is None or segment.flags & (ACK | RST | SYN) != ACK:
        return ()
    clause = "RFC9293:3.10.7.4-ACK-SYNRCVD-OK"
    return (_departs(tcb, acknowledge(tcb), clause, "the TSecr of the SYN,ACK alone"),)
