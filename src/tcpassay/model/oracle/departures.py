"""Known ways past the rules: followed, so that one is told once, by its clause, and not by all that
comes of it. Each gives branches that no document allows; what follows one only is a violation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import ACK_DELAY_S, SILENCE, Answer, Branch, acknowledge
from tcpassay.model.oracle.flow import COOKIES
from tcpassay.model.rules.arrival import beyond_sequence, otherwise
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.rules.sequence import SHORT, acceptable
from tcpassay.model.rules.syn import reopens
from tcpassay.model.rules.syn_sent import syn_sent
from tcpassay.model.tcb import FIN_TAKEN, MASK, RECEIVING, SYNCHRONIZED, offset
from tcpassay.wire import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from tcpassay.model.ranges import Range
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment

#: The widest window that a field of 16 bits can tell without scaling, less what rounding takes.
WIDEST = 65_535 - 1_460
#: No receive buffer is larger: what lies farther beyond the edge is in nobody's window.
LARGEST_BUFFER = 16 << 20
WIDER = "a window wider than announced"
#: Segments that one may drive out of a buffer.
MOST_DROPPED = 16


def departures(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """What else a target may make of a segment. Mostly nothing."""
    if tcb.state == "TIME-WAIT":
        return (
            *_reopened_by_nothing(tcb, segment),
            *_reset_of_old(tcb, segment),
            *_without_ack(tcb, segment),
        )
    if tcb.state == "SYN-SENT":
        return _reset_for_stamp(tcb, segment)
    if tcb.state == "LISTEN":
        return _no_syn_with_fin(tcb, segment)
    if tcb.state == "SYN-RECEIVED" and tcb.passive:
        return (
            *_dropped_unseen(tcb, segment),
            *_handshake(tcb, segment),
            *_counted_as_third(tcb, segment),
            *_window_of_another_size(tcb, segment),
            *_across_the_edge(tcb, segment),
        )
    if tcb.state not in SYNCHRONIZED and tcb.state != "SYN-RECEIVED":
        return ()
    if tcb.state == "FIN-WAIT-2" and tcb.read == "gone":
        return (*_dropped_unseen(tcb, segment), *_as_in_time_wait(tcb, segment))
    flags = segment.flags & (ACK | RST | SYN)
    if flags == ACK:
        found: tuple[Branch, ...] = (
            *_window_of_another_rule(tcb, segment),
            *_across_the_edge(tcb, segment),
            *_fin_at_the_edge(tcb, segment),
            *_text_behind_fin(tcb, segment),
            *more_behind_fin(tcb, segment),
            *_timestamp_of_another_rule(tcb, segment),
            *_una_opens(tcb, segment),
        )
    else:
        resets = flags & RST
        found = _resets(tcb, segment) if resets else _dropped_unseen(tcb, segment)
    return (*found, *_window_of_another_size(tcb, segment))


def _departs(tcb: Tcb, answer: Answer, clause: str, name: str) -> Branch:
    return Branch(tcb, answer, clause, "variant", name)


# -- first check: the window ---------------------------------------------------------------------


def _sequence_clause(tcb: Tcb, segment: Segment) -> str:
    state = "RST-SILENT" if segment.flags & RST else SHORT[tcb.state]
    return f"RFC9293:3.10.7.4-SEQ-{state}"


def _window_of_another_size(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Taken as within the window: what ends between Last.ACK.sent and RCV.NXT, what begins at the
    right edge, and what lies beyond one that was announced as far away as the field can tell.
    """
    at, length = offset(segment.seq, tcb.rcv_nxt), segment.seg_len
    if acceptable(tcb, segment):
        return ()
    if LARGEST_BUFFER > at >= tcb.rcv_wnd >= WIDEST:
        name = WIDER
    elif at == tcb.rcv_wnd > 0:
        name = "a window with its right edge"
    elif offset(tcb.last_ack, tcb.rcv_nxt) <= at + length <= 0:
        name = "a window from Last.ACK.sent on"
    else:
        return ()
    clause, found = _sequence_clause(tcb, segment), []
    taken_for = _with_stamp_let_pass(tcb, segment)
    if at > 0 and length:
        taken_for = taken_for._replace(rcv_wnd=at + length)
    for branch in beyond_sequence(taken_for, segment):
        answer = branch.answer
        if answer.kind in {"silence", "ack"} and branch.tcb.state != "CLOSED":
            answer = acknowledge(branch.tcb, may_fail=True)
        found.append(_departs(branch.tcb, answer, clause, name))
        other = _other_window(tcb, branch.tcb, segment)
        if other is not None:
            found.append(_departs(other[0], answer, clause, name))
        old = offset(segment.ack, tcb.snd_una) < 0 or taken_for.ts_recent != tcb.ts_recent
        if old and branch.tcb.ts_recent != tcb.ts_recent:
            # An old ACK or timestamp besides, with which the latter is not noted.
            unnoted = branch.tcb._replace(ts_recent=tcb.ts_recent)
            found.append(_departs(unnoted, answer, clause, name))
    return tuple(found)


def _dropped_unseen(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Without ACK, RST and SYN, dropped before number and timestamp are looked at."""
    if segment.flags & (ACK | RST | SYN):
        return ()
    if _is_old(tcb, segment):
        clause = "RFC7323:5.3-R1"
    elif not acceptable(tcb, segment):
        clause = _sequence_clause(tcb, segment)
    else:
        return ()
    return (_departs(tcb, SILENCE, clause, "a check for ACK before all others"),)


# -- PAWS and TS.Recent --------------------------------------------------------------------------


def _is_old(tcb: Tcb, segment: Segment) -> bool:
    stamps = timestamps(segment)
    if stamps is None or tcb.ts_recent is None:
        return False
    return offset(stamps.tsval, tcb.ts_recent) < 0


def _reset_of_old(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A reset dropped for its timestamp."""
    if not segment.flags & RST or not _is_old(tcb, segment):
        return ()
    return (_departs(tcb, SILENCE, "RFC7323:5.2-RST-NO-PAWS", "PAWS for a RST"),)


def _with_stamp_let_pass(tcb: Tcb, segment: Segment) -> Tcb:
    """A TS.Recent of 0 that counts as none, or one that is a single tick ahead."""
    stamps = timestamps(segment)
    if stamps is None or tcb.ts_recent is None or not _is_old(tcb, segment):
        return tcb
    passes = tcb.ts_recent == 0 or offset(stamps.tsval, tcb.ts_recent) == -1
    return tcb._replace(ts_recent=stamps.tsval) if passes else tcb


def _timestamp_of_another_rule(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Old timestamps that are let pass, or dropped unanswered with an old ACK; new ones that are
    not noted, as they come with an old ACK.
    """
    stamps = timestamps(segment)
    if stamps is None or tcb.ts_recent is None:
        return ()
    by = offset(stamps.tsval, tcb.ts_recent)
    if by > 0:
        old_ack = offset(segment.ack, tcb.snd_una) < 0 and acceptable(tcb, segment)
        return _taken_with(tcb, segment, stamps.tsval, tcb.ts_recent, _NOT_NOTED) if old_ack else ()
    found: tuple[Branch, ...] = ()
    at = offset(segment.seq, tcb.rcv_nxt)
    if by < 0 and not segment.seg_len and (at < 0 or (at == 0 and segment.ack == tcb.snd_una)):
        found = (_departs(tcb, SILENCE, *_OLD_ACK),)
    if by == -1:
        found += _taken_with(tcb, segment, stamps.tsval, tcb.ts_recent, _ONE_TICK)
    if by < 0 and tcb.ts_recent == 0:
        low = offset(segment.seq, tcb.last_ack) <= 0
        found += _taken_with(tcb, segment, stamps.tsval, stamps.tsval if low else 0, _ZERO)
    return found


_NOT_NOTED = ("RFC7323:5.3-R3", "no TS.Recent from a segment with an old ACK")
_OLD_ACK = ("RFC7323:5.3-R1", "no answer to an old ACK")
_ONE_TICK = ("RFC7323:5.3-R1", "PAWS from two ticks on")
_ZERO = ("RFC7323:5.3-R1", "no PAWS where TS.Recent is 0")


def _taken_with(
    tcb: Tcb, segment: Segment, tsval: int, recent: int, what: tuple[str, str]
) -> tuple[Branch, ...]:
    """The segment as if its timestamp were TS.Recent, which is `recent` after it."""
    taken = otherwise(tcb._replace(ts_recent=tsval), segment)
    return tuple(_departs(b.tcb._replace(ts_recent=recent), b.answer, *what) for b in taken)


# -- text and its room ----------------------------------------------------------------------------


def no_room(tcb: Tcb, segment: Segment, came: Iterable[Range]) -> tuple[Branch, ...]:
    """Text in the window that finds no room in a buffer made smaller: its ACK counts. In order it
    is acknowledged as not taken, above a hole dropped, mostly in silence. Or it is taken, and what
    has waited above a hole makes room for it, from the right, by segments. `came` has them all.
    """
    if tcb.state not in RECEIVING or segment.flags & (ACK | RST | SYN) != ACK:
        return ()
    if not (segment.payload or segment.flags & FIN) or not acceptable(tcb, segment):
        return ()
    return (*_not_taken(tcb, segment), *_in_place_of_held(tcb, segment, came))


def _in_place_of_held(tcb: Tcb, segment: Segment, came: Iterable[Range]) -> tuple[Branch, ...]:
    if offset(segment.seq, tcb.rcv_nxt) > 0:
        return ()  # What has been dropped shows where the hole is filled.
    return tuple(
        _departs(b.tcb, b.answer, "RFC9293:SHLD-31", "no room in the window")
        for held in _cut_short(tcb.held, came)
        for b in beyond_sequence(tcb._replace(held=held, fin=None), segment)
    )


def _cut_short(held: tuple[Range, ...], came: Iterable[Range]) -> Iterator[tuple[Range, ...]]:
    """What is left of ranges, where segments are dropped from the right, some at most."""
    found = []
    for count, (left, right) in enumerate(held):
        starts = {start for start, _ in came if 0 < offset(start, left) < offset(right, left)}
        found.append(held[:count])
        found += [
            (*held[:count], (left, start))
            for start in sorted(starts, key=lambda start: offset(start, left))
        ]
    return reversed(found[-MOST_DROPPED:])


def _not_taken(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    hole = offset(segment.seq, tcb.rcv_nxt) > 0
    clause = f"RFC9293:3.10.7.4-TEXT-{SHORT[tcb.state]}"
    if hole:
        clause = "RFC9293:3.10.7.4-FIN-OOO" if segment.flags & FIN else "RFC9293:MAY-13"
    rest = segment._replace(payload=b"", flags=segment.flags & ~FIN)
    return tuple(
        _departs(b.tcb, acknowledge(b.tcb, may_fail=hole), clause, "no room in the window")
        for b in beyond_sequence(tcb, rest)
    )


def _across_the_edge(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Text that begins in the window, or before it, taken with what lies beyond the edge."""
    end = offset(segment.seq, tcb.rcv_nxt) + segment.seg_len
    if tcb.state not in {*RECEIVING, "SYN-RECEIVED"} or end <= tcb.rcv_wnd:
        return ()
    if not segment.payload or segment.flags & (ACK | RST | SYN) != ACK:
        return ()
    clause = "RFC9293:3.10.7.4-SEQ-RIGHT-TRIM"
    if not acceptable(tcb, segment):
        # By table 6 either end has to lie in the window: text that covers it all is unacceptable.
        if not end - segment.seg_len < 0 < tcb.rcv_wnd:
            return ()
        clause = _sequence_clause(tcb, segment)
    wider = beyond_sequence(tcb._replace(rcv_wnd=end), segment)
    return tuple(_departs(b.tcb, b.answer, clause, "text beyond the window") for b in wider)


def _fin_at_the_edge(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A FIN alone, in order, that a closed window has no room for, taken."""
    if tcb.state not in RECEIVING or tcb.rcv_wnd or segment.payload:
        return ()
    if not segment.flags & FIN or segment.seq != tcb.rcv_nxt:
        return ()
    clause, wider = _sequence_clause(tcb, segment), tcb._replace(rcv_wnd=1)
    return tuple(
        _departs(b.tcb, b.answer, clause, "a FIN into a closed window")
        for b in beyond_sequence(wider, segment)
    )


# -- fifth check: the send window ----------------------------------------------------------------


def _window_of_another_rule(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A window taken for a newer ACK alone, or not taken where it only gets smaller; text in order
    that the next window is held against.
    """
    # Where the window is the same, what may differ is what the next one is held against.
    older = offset(segment.seq, tcb.snd_wl1) < 0 and (
        segment.ack != tcb.snd_una or _in_order(tcb, segment)
    )
    if (segment.window == tcb.snd_wnd and not older) or not acceptable(tcb, segment):
        return ()
    if not 0 <= offset(segment.ack, tcb.snd_una) <= offset(tcb.snd_nxt, tcb.snd_una):
        return ()
    found = []
    for branch in beyond_sequence(tcb, segment):
        other = _other_window(tcb, branch.tcb, segment)
        if other is not None:
            found.append(_departs(other[0], branch.answer, *other[1:]))
    return tuple(found)


_OWN_UPDATE = "a window update of its own"


def _in_order(tcb: Tcb, segment: Segment) -> bool:
    """Whether a segment has the next text, and none waits above it."""
    return bool(segment.payload) and segment.seq == tcb.rcv_nxt and not tcb.held


def _other_window(tcb: Tcb, taken: Tcb, segment: Segment) -> tuple[Tcb, str, str] | None:
    """Where the update of SND.WND would go by another rule: `taken` with that, clause and name."""
    if taken.snd_una != segment.ack:
        return None
    newer, new = offset(segment.seq, tcb.snd_wl1), taken.snd_una != tcb.snd_una
    if newer < 0 and new:
        updated = taken._replace(snd_wnd=segment.window, snd_wl1=segment.seq, snd_wl2=segment.ack)
        return updated, "RFC9293:3.10.7.4-WND-OLD-SEG", _OWN_UPDATE
    if newer < 0 and _in_order(tcb, segment):
        newest = taken._replace(snd_wl1=segment.seq, snd_wl2=segment.ack)
        return newest, "RFC9293:3.10.7.4-WND-OLD-SEG", "SND.WL1 of the text in order"
    if newer == 0 and not new and 0 < segment.window < tcb.snd_wnd:
        # What can be seen of it is text beyond the new window.
        return taken._replace(snd_wnd=tcb.snd_wnd), "RFC9293:3.8.6-SEND-IN-WINDOW", _OWN_UPDATE
    return None


# -- at the end of the peer's stream -------------------------------------------------------------


def _gone(tcb: Tcb) -> Tcb:
    return tcb._replace(state="CLOSED")


def _reset_on_fin(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A reset with the number of the peer's FIN, taken where that of the next is wanted (3.5.3)."""
    if tcb.state not in FIN_TAKEN or segment.seq != (tcb.rcv_nxt - 1) & MASK:
        return ()
    branch = _departs(_gone(tcb), SILENCE, _sequence_clause(tcb, segment), "a RST on the FIN")
    return (branch._replace(event="reset"),)


def _resets(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A reset taken behind the text above a hole, as the peer has been told of it (RFC 2018); one
    that is dropped for the text it has, which goes on beyond the window.
    """
    found = _reset_on_fin(tcb, segment)
    if tcb.state in SYNCHRONIZED and segment.seq in _ends_above(tcb):
        name = "a RST where the text above a hole ends"
        branch = _departs(_gone(tcb), SILENCE, "RFC5961:3.2-RST-INWINDOW", name)
        found = (*found, branch._replace(event="reset"))
    at = offset(segment.seq, tcb.rcv_nxt)
    if tcb.state not in SYNCHRONIZED or not 0 <= at < tcb.rcv_wnd < at + segment.seg_len:
        return found
    clause = f"RFC9293:3.10.7.4-RST-{SHORT[tcb.state]}" if not at else "RFC5961:3.2-RST-INWINDOW"
    return (*found, _departs(tcb, SILENCE, clause, "a check of where the text of a RST ends"))


def _ends_above(tcb: Tcb) -> tuple[int, ...]:
    """Where what has come above a hole ends: its text, and a FIN behind it."""
    ends = () if not tcb.held else (tcb.held[-1][1],)
    if tcb.fin is None or tcb.fin_taken:
        return ends
    return (*ends, (tcb.fin + 1) & MASK)


def _text_behind_fin(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Reset: text from before the peer's FIN to behind it, which is to be ignored; and after
    close() or shutdown() a FIN above a hole, which is to wait. Taken: a FIN in another place.
    """
    at = offset(segment.seq, tcb.rcv_nxt)
    answer = Answer("rst", (tcb.snd_nxt, segment.ack))
    if tcb.state in FIN_TAKEN and at < 0 < at + len(segment.payload):
        clause = f"RFC9293:3.10.7.4-TEXT-{SHORT[tcb.state]}"
        return (_departs(_gone(tcb), answer, clause, "a reset for text behind a FIN"),)
    if tcb.state in FIN_TAKEN and segment.flags & FIN and at + len(segment.payload) == 0 > at:
        clause = f"RFC9293:3.10.7.4-FIN-{SHORT[tcb.state]}"
        nxt, wnd = (tcb.rcv_nxt + 1) & MASK, max(0, tcb.rcv_wnd - 1)
        # Its ACK and its timestamp count as those of any segment do.
        taken = (b.tcb for b in beyond_sequence(tcb, segment) if b.tcb.state in FIN_TAKEN)
        after = dict.fromkeys(each._replace(rcv_nxt=nxt, rcv_wnd=wnd) for each in taken)
        name = "another FIN behind the FIN"
        return tuple(
            _departs(more, acknowledge(more, within_s=ACK_DELAY_S), clause, name) for more in after
        )
    if tcb.state in _ENDED and tcb.read != "open" and at > 0 and segment.flags & FIN:
        return (_departs(_gone(tcb), answer, *_FIN_ABOVE),)
    return ()


def more_behind_fin(
    tcb: Tcb, segment: Segment, known: Iterable[int] = (), fins: Container[int] = ()
) -> tuple[Branch, ...]:
    """The text that fills the hole before a FIN; what waits behind the FIN is taken with it, to its
    end or to that of a segment, which are `known`. `fins` are the numbers of all FINs.
    """
    if tcb.state not in RECEIVING or tcb.fin is None or offset(segment.seq, tcb.rcv_nxt) > 0:
        return ()
    if segment.flags & (ACK | RST | SYN) != ACK:
        return ()
    behind = (tcb.fin + 1) & MASK
    # Another FIN may stand between: an octet of its own.
    between = int(behind in fins)
    held = [right for left, right in tcb.held if offset(left, behind) <= between]
    held = [right for right in held if offset(right, behind) > 0]
    most = max((offset(right, behind) for right in held), default=0)
    ends = [*held, *(end for end in known if 0 < offset(end, behind) < most)]
    found = []
    for b in beyond_sequence(tcb, segment):
        if b.tcb.rcv_nxt != behind or not b.tcb.fin_taken or b.tcb.state == "CLOSED":
            continue
        for end in {behind, *ends}:
            for nxt in (end, (end + 1) & MASK):
                more = b.tcb._replace(rcv_nxt=nxt)
                clause = f"RFC9293:3.10.7.4-FIN-{SHORT[more.state]}"
                answer = acknowledge(more, within_s=ACK_DELAY_S)
                found.append(_departs(more, answer, clause, "text behind a FIN that waited"))
    return tuple(found)


#: Where it has closed its direction, or may have: it is FIN-WAIT-1 with the ACK then (3.10.4).
_ENDED = frozenset({"SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2"})
_FIN_ABOVE = ("RFC9293:3.10.7.4-FIN-OOO", "a reset for a FIN above a hole")


def _without_ack(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """In TIME-WAIT a segment without ACK acknowledged, unless it is empty and at RCV.NXT."""
    if segment.flags & (SYN | ACK | RST) or not acceptable(tcb, segment):
        return ()
    if not segment.seg_len and segment.seq == tcb.rcv_nxt:
        return ()
    clause, answer = "RFC9293:3.10.7.4-NOACK-TW", acknowledge(tcb)
    return (_departs(tcb, answer, clause, "no check for ACK in TIME-WAIT"),)


def _no_syn_with_fin(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A SYN that a listener drops, as it has a FIN."""
    if segment.flags & (SYN | FIN | ACK | RST) != SYN | FIN:
        return ()
    return (_departs(tcb, SILENCE, "RFC9293:3.10.7.2-SYN-FIN", "no SYN with a FIN"),)


def _reopened_by_nothing(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """TIME-WAIT given up for a SYN that a listener then drops, as it has a FIN."""
    if segment.flags & (SYN | FIN | ACK) != SYN | FIN:
        return ()
    if not reopens(tcb, segment._replace(flags=SYN)):
        return ()
    return (_departs(_gone(tcb), SILENCE, "RFC9293:3.10.7.2-SYN-FIN", "no SYN with a FIN"),)


def _as_in_time_wait(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """FIN-WAIT-2 after close(), kept as TIME-WAIT is: all that is old is acknowledged, even a RST;
    what is empty or has no ACK is dropped, whatever its ACK; a FIN above a hole is reset.
    """
    name = "in a record of TIME-WAIT"
    flags, length = segment.flags, segment.seg_len
    if not acceptable(tcb, segment):
        if flags & RST:
            return (_departs(tcb, acknowledge(tcb), "RFC9293:3.10.7.4-SEQ-RST-SILENT", name),)
        at = offset(segment.seq, tcb.rcv_nxt)
        if not LARGEST_BUFFER > at >= tcb.rcv_wnd >= WIDEST:
            return ()
        found = _as_in_time_wait(tcb._replace(rcv_wnd=at + length + 1), segment)
        clause = _sequence_clause(tcb, segment)
        return tuple(b._replace(clause=clause, variant=WIDER) for b in found)
    if flags & RST:
        if not _is_old(tcb, segment):
            return ()
        answered = _departs(tcb, acknowledge(tcb), "RFC7323:5.2-RST-NO-PAWS", name)
        return (*_reset_of_old(tcb, segment), answered)
    if flags & FIN and offset(segment.seq, tcb.rcv_nxt) > 0 and flags & ACK:
        answer = Answer("rst", (tcb.snd_nxt, segment.ack))
        return (_departs(_gone(tcb), answer, _FIN_ABOVE[0], name),)
    end = offset((segment.seq + length) & MASK, tcb.rcv_nxt)
    if flags & ACK and length and end > 0:
        return (*_without_old_syn(tcb, segment, name), *_whatever_its_ack(tcb, segment))
    clause = "RFC9293:3.10.7.4-SYN-FW2" if flags & SYN else "RFC9293:3.10.7.4-ACK-FUTURE-FW2"
    return (_departs(tcb, SILENCE, clause, name),)


def _without_old_syn(tcb: Tcb, segment: Segment, name: str) -> tuple[Branch, ...]:
    """In that record a SYN below the window is cut off, and what follows it taken, whatever its
    ACK.
    """
    if not segment.flags & SYN or offset(segment.seq, tcb.rcv_nxt) >= 0:
        return ()
    rest = segment._replace(
        seq=(segment.seq + 1) & MASK, ack=tcb.snd_nxt, flags=segment.flags & ~SYN
    )
    clause = "RFC9293:3.10.7.4-SYN-FW2"
    return tuple(_departs(b.tcb, b.answer, clause, name) for b in otherwise(tcb, rest))


def _whatever_its_ack(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """In that record SEG.ACK is not looked at: FIN and text are taken as with a right one."""
    if segment.ack == tcb.snd_nxt:
        return ()
    found, clause = [], "RFC9293:3.10.7.4-ACK-FUTURE-FW2"
    for b in otherwise(tcb, segment._replace(ack=tcb.snd_nxt)):
        answer = b.answer
        if answer.kind == "rst":
            answer = answer._replace(seqs=(*answer.seqs, segment.ack))
        found.append(_departs(b.tcb, answer, clause, "in a record of TIME-WAIT"))
    return tuple(found)


# -- before the connection is open ---------------------------------------------------------------


def _reset_for_stamp(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A segment whose TSecr is none of the SYN's, reset as one with a wrong ACK is; a reset is
    dropped.
    """
    flags = segment.flags
    if not tcb.ts_offered or not flags & ACK:
        return ()
    if timestamps(segment) is None or segment.ack != tcb.snd_nxt:
        return ()
    if flags & RST:
        name = "no RST with another TSecr"
        return (_departs(tcb, SILENCE, "RFC9293:3.10.7.3-RST-ACK", name),)
    clause = "SYNACK" if flags & SYN else "FIN" if flags & FIN or segment.payload else "ACK-ONLY"
    answer = Answer("rst", (segment.ack,))
    return (_departs(tcb, answer, f"RFC9293:3.10.7.3-{clause}", "a reset for its TSecr"),)


def delayed_syn_ack(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """The ACK of a SYN,ACK delayed as that of text is."""
    if tcb.state != "SYN-SENT" or segment.flags & (SYN | ACK | RST) != SYN | ACK:
        return ()
    name = "an ACK of the SYN,ACK that is delayed"
    opened = (b.tcb for b in syn_sent(tcb, segment) if b.tcb.state == "ESTABLISHED")
    # It counts as sent where Last.ACK.sent is asked for (RFC 7323, 5.3, R3).
    return tuple(
        _departs(
            new._replace(last_ack=(segment.seq + 1) & MASK),
            acknowledge(new, within_s=ACK_DELAY_S),
            "RFC9293:3.10.7.3-SYNACK",
            name,
        )
        for new in opened
    )


def _una_opens(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """After crossed SYNs an ACK that leaves our SYN out, taken as one of it."""
    if tcb.passive or tcb.state != "SYN-RECEIVED" or segment.flags & (ACK | RST | SYN) != ACK:
        return ()
    if segment.ack != tcb.snd_una or not acceptable(tcb, segment):
        return ()
    opened = tcb._replace(
        state="ESTABLISHED", snd_wnd=segment.window, snd_wl1=segment.seq, snd_wl2=segment.ack
    )
    return tuple(
        _departs(b.tcb, b.answer, "RFC9293:3.10.7.4-ACK-SYNRCVD-BAD", "an ACK of SND.UNA")
        for b in beyond_sequence(opened, segment)
    )


def neighbours(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A SYN cookie that holds for numbers next to those that it was made for."""
    if tcb.state != "SYN-RECEIVED" or not tcb.passive:
        return ()
    if segment.flags & (ACK | RST | SYN) != ACK:
        return ()
    by = offset(segment.ack, tcb.snd_nxt), offset(segment.seq, tcb.rcv_nxt)
    if by == (0, 0) or not -COOKIES < by[0] - by[1] < COOKIES:
        return ()
    iss, irs = (segment.ack - 1) & MASK, (segment.seq - 1) & MASK
    moved = tcb._replace(
        iss=iss, snd_una=iss, snd_nxt=segment.ack, irs=irs, rcv_nxt=segment.seq,
        last_ack=segment.seq, held=(), fin=None,
    )  # fmt: skip
    clause, name = "RFC9293:3.10.7.4-ACK-SYNRCVD-BAD", "a neighbour of the cookie"
    taken = otherwise(moved, segment)
    return (
        *(_departs(b.tcb, b.answer, clause, name) for b in taken),
        *without_stamps(moved, segment, f"{name} without its timestamps"),
    )


def _handshake(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """In SYN-RECEIVED: a segment that echoes the timestamp of one later than the SYN,ACK is not
    taken, but acknowledged, and PAWS applies to a RST.
    """
    if tcb.ts_recent is None or segment.flags & (SYN | RST) == SYN:
        return ()
    if not segment.flags & RST:
        step = "ACK-SYNRCVD-OK" if segment.flags & ACK else "NOACK-SYN-RCVD"
        clause = f"RFC9293:3.10.7.4-{step}"
        return (_departs(tcb, acknowledge(tcb), clause, "the TSecr of the SYN,ACK alone"),)
    if _is_old(tcb, segment):
        return _reset_of_old(tcb, segment)
    if timestamps(segment) is not None:
        clause = "RFC9293:3.10.7.4-RST-SYNRCVD-PASSIVE"
        return (_departs(tcb, SILENCE, clause, "the TSecr of the SYN,ACK alone"),)
    return ()


#: A connection that the application has, and that is half open still.
HALF_OPEN = "a SYN,ACK that brings a half open connection to accept()"


def _counted_as_third(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """In SYN-RECEIVED a SYN,ACK with the number of the SYN: acknowledged and dropped, and the
    connection waits for accept() before its handshake is over.
    """
    if tcb.early or segment.flags & (SYN | ACK | RST) != SYN | ACK:
        return ()
    if segment.seq != tcb.irs or segment.ack != tcb.snd_nxt:
        return ()
    clause = "RFC9293:3.10.7.4-SYN-SYNRCVD-PASSIVE"
    return (_departs(tcb._replace(early=True), acknowledge(tcb), clause, HALF_OPEN),)


#: A connection of which nobody can tell what options it has: TSecr would have told.
WITHOUT_STAMPS = "cookie without its timestamps"


def without_stamps(
    tcb: Tcb, segment: Segment, name: str = f"a {WITHOUT_STAMPS}"
) -> tuple[Branch, ...]:
    """A SYN cookie that comes back without the timestamps that were agreed on: no record tells of
    them (RFC 4987, 3.6), and the connection has none.
    """
    if tcb.state != "SYN-RECEIVED" or tcb.ts_recent is None or timestamps(segment) is not None:
        return ()
    if segment.flags & (ACK | RST | SYN) != ACK:
        return ()
    return tuple(
        _departs(b.tcb, b.answer, "RFC7323:3.2-MISSING-DROP", name)
        for b in otherwise(tcb._replace(ts_recent=None), segment)
        if b.tcb.state in SYNCHRONIZED
    )
