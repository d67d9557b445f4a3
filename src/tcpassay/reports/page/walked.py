"""Which edges of the state diagram the embedded traces have gone along."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from tcpassay.core.events import Call
from tcpassay.model.edges import edges
from tcpassay.wire import ACK, FIN, RST, SYN, ParseError, Segment, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.core.trace import Entry
    from tcpassay.model.edges import Edge
    from tcpassay.model.tcb import State
    from tcpassay.reports.page.standing import Change

_CONTROL = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"))
_CALLS = {"connect": "active OPEN", "close": "CLOSE", "shutdown": "CLOSE"}


def walks(changes: Iterable[Change]) -> Counter[Edge]:
    """How often each edge was walked; a change that no edge explains is left out."""
    found: Counter[Edge] = Counter()
    for change in changes:
        before = change.before
        if before is None:
            if change.after == "LISTEN":
                found.update(_named("CLOSED", "LISTEN", "passive OPEN"))
            continue
        edge = _nearest(_between(before, change.after), _events(change.entry))
        if edge is not None:
            found[edge] += 1
    return found


@cache
def _by_ends() -> dict[tuple[State, State], tuple[Edge, ...]]:
    found: dict[tuple[State, State], tuple[Edge, ...]] = {}
    for edge in edges():
        ends = (edge.source, edge.target)
        found[ends] = (*found.get(ends, ()), edge)
    return found


def _between(source: State, target: State) -> tuple[Edge, ...]:
    return _by_ends().get((source, target), ())


def _named(source: State, target: State, event: str) -> list[Edge]:
    return [edge for edge in _between(source, target) if edge.event == event]


def _nearest(candidates: tuple[Edge, ...], events: tuple[str, ...]) -> Edge | None:
    """The plainest edge of the first of `events` that any has."""
    for event in events:
        fitting = [edge for edge in candidates if edge.event == event]
        if fitting:
            return min(fitting, key=lambda edge: bool(edge.variant))
    return None


def _events(entry: Entry) -> tuple[str, ...]:
    """What may have happened, in the diagram's words, the likeliest first."""
    data = entry.data
    if isinstance(data, Call):
        return (_CALLS.get(data.name, data.name), "ABORT")
    if not isinstance(data, bytes):
        return ("2 MSL time-out", "time-out", "user time-out")
    try:
        body = parse(data).body
    except ParseError:
        return ()
    if not isinstance(body, Segment):
        return ()
    return _arrival(body.flags) if entry.kind == "send" else _departure(body.flags)


def _arrival(flags: int) -> tuple[str, ...]:
    control = [name for bit, name in _CONTROL if flags & bit]
    if "RST" in control:
        return ("rcv RST", "rcv RST,ACK")
    if "SYN" in control:
        with_ack = ",".join([*control, "ACK"]) if flags & ACK else ",".join(control)
        return (f"rcv {with_ack}", "rcv SYN")
    if "FIN" in control:
        return ("rcv FIN and ACK of FIN", "rcv FIN and ACK of SYN", "rcv FIN", "rcv ACK of FIN")
    # The text before a FIN that has come already makes it count.
    return ("rcv ACK of SYN", "rcv ACK of FIN", "rcv text", "rcv FIN")


def _departure(flags: int) -> tuple[str, ...]:
    """What the application, or time, has led to: told by what the stack sends."""
    if flags & RST:
        return ("ABORT", "user time-out", "rcv text")
    if flags & FIN:
        return ("CLOSE",)
    return ("active OPEN", "SEND") if flags & SYN else ("CLOSE",)
