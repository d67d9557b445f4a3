"""Strays: datagrams that come during a case and belong to another one before it.

They are no answer to the case during which they come, and are taken out of what is judged as its
own. Whether they may come at all the oracle says, asked about the earlier case with the stray
behind it: of a connection that has been reset nothing may come, of one that ignored the reset (it
was out of its window) repetitions may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.wire import flow_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.trace import Entry, Trace
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.judging import Judge
    from tcpassay.fuzz.playing.player import Played, Player


class Sorted(NamedTuple):
    """A case's own entries; by the place of an earlier case what came of it."""

    own: list[Entry]
    strays: dict[int, list[Entry]]


def sort(player: Player, played: Played) -> Sorted:
    """Tell a case's own entries from strays. What answers a wrong port of the case's is its own."""
    entries = player.trace.entries[played.first : played.last]
    if not played.strays:
        return Sorted(entries, {})
    given = {
        flow[1]
        for entry in entries
        if entry.kind == "send" and isinstance(entry.data, bytes) and (flow := flow_of(entry.data))
    }
    strays: dict[int, list[Entry]] = {}
    foreign: set[int] = set()
    for n in played.strays:
        entry = player.trace.entries[n]
        flow = flow_of(entry.data) if isinstance(entry.data, bytes) else None
        if flow is None or flow[3] in given:
            continue
        foreign.add(n)
        place = player.place_of(flow[3])
        if place is not None:
            strays.setdefault(place, []).append(entry)
    return Sorted([entry for entry in entries if entry.n not in foreign], strays)


def stray_alarms(
    judge: Judge, trace: Trace, earlier: Sequence[Entry], strays: Sequence[Entry]
) -> list[Alarm]:
    """What the strays of an earlier case add to what the oracle says of it."""
    known = {(alarm.key.requirement, alarm.why) for alarm in judge.alarms(trace, earlier)}
    return [
        alarm._replace(why=f"{alarm.why} (during a later case)")
        for alarm in judge.alarms(trace, [*earlier, *strays])
        if (alarm.key.requirement, alarm.why) not in known and alarm.event >= len(earlier)
    ]


def passing(player: Player, first: int) -> dict[int, list[Entry]]:
    """What has come of cases since entry `first`, while none was played, by their places."""
    strays: dict[int, list[Entry]] = {}
    for entry in player.trace.entries[first:]:
        if entry.kind == "receive" and isinstance(entry.data, bytes):
            flow = flow_of(entry.data)
            place = None if flow is None else player.place_of(flow[3])
            if place is not None:
                strays.setdefault(place, []).append(entry)
    return strays
