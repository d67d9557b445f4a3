"""Every way between the states that the rules know: found by walking them from CLOSED.

To each kind of connection that is reached come all calls, all time-outs, and segments of every
combination of flags at every edge of their numbers; what the rules make of them is walked on from.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

from tcpassay.model.rules import calls, segment_arrives
from tcpassay.model.tcb import MASK, State, Tcb, offset
from tcpassay.wire import ACK, FIN, RST, SYN, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcpassay.model.answers import Branch

#: Numbers as a handshake might have picked them.
ISS, IRS, WINDOW = 1_000_000, 2_000_000, 65_535
#: Octets of text where a segment has some; how far inside the window "inside" is.
TEXT, INSIDE = b"ten octets", 100

Place = Literal["below", "rcv.nxt", "inside", "outside"]


class Step(NamedTuple):
    """One rule applied: `event` is what a figure calls it, `place` where SEG.SEQ was."""

    before: Tcb
    event: frozenset[str]
    place: Place | None
    branch: Branch


def walk() -> Iterator[Step]:
    """Each step from each kind of connection, breadth first; those that change nothing as well."""
    known = {_kind(start := Tcb("CLOSED"))}
    front = [start]
    while front:
        following: list[Tcb] = []
        for tcb in front:
            for step in (*_by_call(tcb), *_by_segment(tcb)):
                yield step
                after = _bound(step.branch)
                kind = _kind(after)
                if kind not in known and not between(after):
                    known.add(kind)
                    following.append(after)
        front = following


def between(tcb: Tcb) -> bool:
    """FIN-WAIT-1 by its name (3.10.4), still under the rules of SYN-RECEIVED.

    Until its SYN is acknowledged no segment tells the two apart. Nothing is lost by going no
    further: ESTABLISHED and a CLOSE lead where that ACK leads.
    """
    return tcb.state == "SYN-RECEIVED" and tcb.fin_sent


def state_of(step: Step) -> State:
    """The state after a step, by the names of the RFC, whose listener becomes the connection.

    So a passive connection that a segment ends before it was one has gone back to LISTEN.
    """
    before, after = step.before, step.branch.tcb
    if between(after):
        return "FIN-WAIT-1"
    if step.place is not None and before.state == "SYN-RECEIVED" and before.passive:
        return "LISTEN" if after.state == "CLOSED" else after.state
    return after.state


def _kind(tcb: Tcb) -> tuple[object, ...]:
    """What the rules look at, but for the numbers themselves."""
    if tcb.state == "CLOSED":
        return ("CLOSED",)
    waits = offset(tcb.snd_nxt, tcb.snd_una) > 0
    early = tcb.fin is not None and not tcb.fin_taken
    return (tcb.state, tcb.passive, tcb.read, tcb.fin_sent, waits, early, bool(tcb.held))


def _bound(branch: Branch) -> Tcb:
    """The variables once the target's SYN,ACK has told its number and window."""
    tcb = branch.tcb
    if branch.answer.kind != "syn-ack":
        return tcb
    if branch.answer.seqs:
        return tcb._replace(rcv_wnd=WINDOW)
    return tcb._replace(iss=ISS, snd_una=ISS, snd_nxt=ISS + 1, rcv_wnd=WINDOW)


# -- calls and time-outs ---------------------------------------------------------------------------

_CALLS: dict[str, tuple[Callable[[Tcb], tuple[Branch, ...]], ...]] = {
    "passive OPEN": (calls.open_passive,),
    "active OPEN": (lambda tcb: calls.open_active(tcb, ISS, WINDOW),),
    "SEND": (lambda tcb: calls.send(tcb, ISS, WINDOW),),
    "CLOSE": (
        lambda tcb: calls.close(tcb, reads=True),
        lambda tcb: calls.close(tcb, reads=False),
    ),
    "ABORT": (calls.abort,),
    "user time-out": (calls.user_timeout,),
}


def _by_call(tcb: Tcb) -> Iterator[Step]:
    for name, ways in _CALLS.items():
        for call in ways:
            for branch in call(tcb):
                yield Step(tcb, frozenset({name}), None, branch)
    over = "2 MSL time-out" if tcb.state == "TIME-WAIT" else "time-out"
    for branch in calls.state_timeout(tcb):
        yield Step(tcb, frozenset({over}), None, branch)


# -- segments --------------------------------------------------------------------------------------

_FLAGS = tuple(sum(some) for some in product((0, SYN), (0, FIN), (0, RST), (0, ACK)))


def _by_segment(tcb: Tcb) -> Iterator[Step]:
    for flags, text in product(_FLAGS, (b"", TEXT)):
        length = len(text) + bool(flags & SYN) + bool(flags & FIN)
        for place, seq in _seqs(tcb, length).items():
            for ack in _acks(tcb) if flags & ACK else (0,):
                segment = Segment(0, 0, seq, ack, flags, WINDOW, payload=text)
                for branch in segment_arrives(tcb, segment):
                    yield Step(tcb, _named(tcb, segment, branch), place, branch)


def _seqs(tcb: Tcb, length: int) -> dict[Place, int]:
    if not tcb.syn_heard:
        return {"rcv.nxt": IRS}
    nxt = tcb.rcv_nxt
    return {
        "below": (nxt - max(length, 1)) & MASK,
        "rcv.nxt": nxt,
        "inside": (nxt + INSIDE) & MASK,
        "outside": (nxt + tcb.rcv_wnd) & MASK,
    }


def _acks(tcb: Tcb) -> tuple[int, ...]:
    una, nxt = tcb.snd_una, tcb.snd_nxt
    return tuple(dict.fromkeys(((una - 1) & MASK, una, nxt, (nxt + 1) & MASK)))


def _named(tcb: Tcb, segment: Segment, branch: Branch) -> frozenset[str]:
    """What of a segment figure 5 would name: controls, an ACK of our SYN or FIN, text."""
    flags, names = segment.flags, set()
    for bit, name in ((SYN, "SYN"), (RST, "RST")):
        if flags & bit:
            names.add(name)
    if branch.tcb.fin_taken and not tcb.fin_taken:
        names.add("FIN")
    if segment.payload:
        names.add("text")
    if flags & ACK and 0 < offset(segment.ack, tcb.snd_una) <= offset(tcb.snd_nxt, tcb.snd_una):
        if tcb.snd_una == tcb.iss:
            names.add("ACK of SYN")
        if tcb.acks_our_fin(segment.ack):
            names.add("ACK of FIN")
    return frozenset(names)
