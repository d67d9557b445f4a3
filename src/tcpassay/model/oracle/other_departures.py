"""Known ways past the rules that small stacks have, beside those of `departures`: a number looked
at after the ACK, a SYN that is not looked at, answers that are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import SILENCE, Answer, Branch, acknowledge
from tcpassay.model.rules.ack import ack
from tcpassay.model.rules.arrival import otherwise
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.rules.sequence import SHORT, acceptable
from tcpassay.model.tcb import FIN_TAKEN, MASK, SYNCHRONIZED, offset
from tcpassay.wire import ACK, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment

#: States that an ACK leads out of.
_ACK_LEADS_ON = frozenset({"SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK"})


def other_departures(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """What else a target may make of a segment. Mostly nothing."""
    flags = segment.flags & (ACK | RST | SYN)
    if flags == ACK:
        return (
            *_whatever_the_number(tcb, segment),
            *_right_of_the_fin(tcb, segment),
            *_too_old_by_less(tcb, segment),
        )
    if flags & RST:
        return (*_not_challenged(tcb, segment), *_covers_the_window(tcb, segment))
    if not flags & SYN:
        return ()
    if not acceptable(tcb, segment):
        # A SYN,ACK outside the window is no more than its ACK where that is looked at alone.
        opens = flags & ACK and tcb.state == "SYN-RECEIVED"
        return _whatever_the_number(tcb, segment) if opens else ()
    if tcb.state == "SYN-RECEIVED" and tcb.passive:
        return _syn_not_looked_at(tcb, segment)
    if tcb.state == "TIME-WAIT":
        return _refused_and_waiting(tcb, segment)
    return ()


def _departs(tcb: Tcb, answer: Answer, clause: str, name: str) -> Branch:
    return Branch(tcb, answer, clause, "variant", name)


def _whatever_the_number(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """The ACK of a segment outside the window opens or ends the connection all the same."""
    if tcb.state not in _ACK_LEADS_ON or acceptable(tcb, segment):
        return ()
    if tcb.ts_recent is not None and timestamps(segment) is None:
        return ()  # Without its timestamps it is taken, if at all, as RFC 1323 had it.
    clause = f"RFC9293:3.10.7.4-SEQ-{SHORT[tcb.state]}"
    found = []
    for branch in ack(tcb, segment):
        after = branch.tcb
        if after.state != tcb.state:
            gone = after.state == "CLOSED"
            answer = SILENCE if gone else acknowledge(after, may_fail=True)
            found.append(_departs(after, answer, clause, "an ACK whatever the number"))
    return tuple(found)


def _right_of_the_fin(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Behind the peer's FIN a segment right of RCV.NXT is dropped, with its ACK and unanswered."""
    if tcb.state not in FIN_TAKEN or offset(segment.seq, tcb.rcv_nxt) <= 0:
        return ()
    if not acceptable(tcb, segment) or tcb.state == "TIME-WAIT":
        return ()
    future = offset(segment.ack, tcb.snd_nxt) > 0 and tcb.state != "LAST-ACK"
    step = f"FUTURE-{SHORT[tcb.state]}" if future else "NEW"
    clause = f"RFC9293:3.10.7.4-ACK-{step}"
    return (_departs(tcb, SILENCE, clause, "nothing right of the peer's FIN"),)


def _not_challenged(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A RST in the window, but not at RCV.NXT, that is dropped while text is in flight: what waits
    for its ACK may hold back ACKs as well.
    """
    if tcb.state not in SYNCHRONIZED or tcb.snd_una == tcb.snd_nxt:
        return ()
    if not 0 < offset(segment.seq, tcb.rcv_nxt) < tcb.rcv_wnd:
        return ()
    return (_departs(tcb, SILENCE, "RFC5961:3.2-RST-INWINDOW", "no challenge"),)


def _too_old_by_less(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """After a passive open an old ACK answered and dropped with its text, as by a MAX.SND.WND
    (RFC 5961, 5.2) that leaves the window of the SYN out.
    """
    if not tcb.passive or tcb.state not in SYNCHRONIZED or tcb.state == "TIME-WAIT":
        return ()
    # What the third segment or a later one has announced counts: at least SND.WND.
    if not -tcb.max_snd_wnd <= offset(segment.ack, tcb.snd_una) < -tcb.snd_wnd:
        return ()
    if not acceptable(tcb, segment):
        return ()
    name = "MAX.SND.WND without the window of the SYN"
    return (_departs(tcb, acknowledge(tcb), "RFC9293:3.10.7.4-ACK-OLD", name),)


def _covers_the_window(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A RST whose text covers the whole window, and more on both sides, taken as in the window."""
    at = offset(segment.seq, tcb.rcv_nxt)
    if not at < 0 < tcb.rcv_wnd < at + segment.seg_len:
        return ()
    clause, name = "RFC9293:3.10.7.4-SEQ-RST-SILENT", "a RST whose text covers the window"
    return (_departs(tcb, acknowledge(tcb), clause, name),)


def _syn_not_looked_at(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """In SYN-RECEIVED a SYN is dropped; with an ACK it counts as an octet of text does."""
    clause = "RFC9293:3.10.7.4-SYN-SYNRCVD-PASSIVE"
    if not segment.flags & ACK:
        return (_departs(tcb, SILENCE, clause, "a SYN that is not looked at"),)
    if segment.seq != tcb.rcv_nxt:
        return ()
    found = []
    for branch in otherwise(tcb, segment._replace(flags=segment.flags & ~SYN)):
        if branch.tcb.state not in SYNCHRONIZED:
            continue
        wnd = max(0, branch.tcb.rcv_wnd - 1)
        after = branch.tcb._replace(rcv_nxt=(branch.tcb.rcv_nxt + 1) & MASK, rcv_wnd=wnd)
        answer = acknowledge(after, may_fail=True)
        found.append(_departs(after, answer, clause, "a SYN that counts as an octet"))
    return tuple(found)


def _refused_and_waiting(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """TIME-WAIT: a SYN in the window draws a reset that ends nothing."""
    numbers = (segment.ack,) if segment.flags & ACK else (0, segment.ack)
    # SYN and FIN together may count as one octet.
    end = segment.seq + segment.seg_len
    answer = Answer("rst", numbers, (end & MASK, (end - 1) & MASK))
    return (_departs(tcb, answer, "RFC9293:3.10.7.4-SYN-TW", "a reset that ends nothing"),)
