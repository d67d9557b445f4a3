"""In which states the model sees a trace's connections, entry by entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.clock import NS_PER_MS
from tcpassay.model.oracle import Oracle
from tcpassay.model.oracle.limits import Limits
from tcpassay.wire.datagram import flow_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.core.trace import Entry, Trace
    from tcpassay.model.tcb import State

#: Connections that are looked at with every entry; of more, those that were spoken of last.
_LOOKED_AT = 6
#: How late a real clock's timers may be, where nobody has said.
_SLACK_NS = 100 * NS_PER_MS

#: States from which a connection returns to its listener.
_LISTENING = frozenset({"LISTEN", "SYN-RECEIVED"})

FlowKey = tuple[str, int, str, int]


class Change(NamedTuple):
    """With `entry`, the connection `tag` (counted from 1) has gone from one state to another.

    `before` is None where the connection is met for the first time.
    """

    entry: Entry
    tag: int
    before: State | None
    after: State


def changes_of_state(trace: Trace, *, real: bool) -> Iterator[Change]:
    """Each change, by the likeliest of the oracle's hypotheses. Raises what the oracle does.

    Costs about as much as judging the trace: 20 us an entry.
    """
    elsewhere = trace.stack_addresses[-1] if "other_interface" in trace.settings else ""
    limits = Limits(slack_ns=_SLACK_NS if real else 0, settings=trace.settings)
    oracle = Oracle(trace.stack_addresses, limits, elsewhere=elsewhere)
    states: dict[FlowKey, State] = {}
    tags: dict[FlowKey, int] = {}
    for entry in trace:
        key = _key(entry)
        if key is not None and key not in tags:
            tags[key] = len(tags) + 1
            states[key] = _state(oracle, key)
            yield Change(entry, tags[key], None, states[key])
        if key is not None:
            states[key] = states.pop(key)
        oracle.take(entry)
        for seen in list(states)[-_LOOKED_AT:]:
            before = states[seen]
            after = _after(before, _state(oracle, seen))
            if after != before:
                # A tuple that is opened again meets the listener, not what was there.
                reopened = (before, after) == ("CLOSED", "SYN-RECEIVED")
                yield Change(entry, tags[seen], "LISTEN" if reopened else before, after)
                states[seen] = after


def _after(before: State, standing: State) -> State:
    """A connection that is over is CLOSED, though a listener would take a new one."""
    return "CLOSED" if standing == "LISTEN" and before not in _LISTENING else standing


def _state(oracle: Oracle, key: FlowKey) -> State:
    tcb = oracle.standing(key)
    return "CLOSED" if tcb is None else tcb.state


def _key(entry: Entry) -> FlowKey | None:
    """The connection of a datagram, the target's end first."""
    if entry.kind not in ("send", "receive") or not isinstance(entry.data, bytes):
        return None
    flow = flow_of(entry.data)
    if flow is None:
        return None
    src, sport, dst, dport = flow
    return (src, sport, dst, dport) if entry.kind == "receive" else (dst, dport, src, sport)
