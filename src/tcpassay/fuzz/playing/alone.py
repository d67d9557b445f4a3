"""One case on a fresh stack, with nothing before it: what a finding has to survive."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import StackFault
from tcpassay.core.trace import Trace
from tcpassay.fuzz.judges.beside import Beside, like_of
from tcpassay.fuzz.judges.culprit import memory_after
from tcpassay.fuzz.judges.strays import passing, sort, stray_alarms
from tcpassay.fuzz.playing.faults import fault_alarms, without_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.errors import AgentFault
    from tcpassay.core.trace import Entry
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.judges.signs import Sign
    from tcpassay.fuzz.judging import Judge
    from tcpassay.targets.contract import Target


class Trial(NamedTuple):
    """What became of a case alone. `fault` is what ended the stack, None where it lives.

    `trace` has the case; where the stack no longer serves or has left something, also the
    connections by which that was seen.
    """

    trace: Trace
    alarms: list[Alarm]
    fault: StackFault | AgentFault | None


def try_alone(
    target: Target, judge: Judge, case: FuzzCase, seed: int = 0, *, memory: bool = False
) -> Trial:
    """Play a case on a fresh stack and let the whole judge speak, without tier one.

    With `memory` it is played some 1,500 times more, to see whether the stack grows by it. Raises
    what starting a stack raises.
    """
    beside = Beside(target, like_of(case), seed)
    try:
        played = beside.player.play(case)
        signs = [] if played.fault is not None or played.storm else _signs(beside)
    finally:
        beside.close()
    if memory and played.fault is None:
        signs += memory_after(target, [case], seed)
    entries = sort(beside.player, played).own
    trace = beside.player.trace
    strays = passing(beside.player, played.last).get(0, [])
    others = [*fault_alarms(played, entries), *beside.case(entries, case)]
    others += [sign.alarm(len(entries) - 1) for sign in signs]
    late = stray_alarms(judge, trace, entries, strays) if strays else []
    alarms = [
        *judge.explain(others, case.ip),
        *without_answers(judge.alarms(trace, entries), played),
    ]
    if not signs and not late:
        return Trial(_kept(trace, entries, case), alarms, played.fault)
    alarms = [alarm._replace(event=played.first + alarm.event) for alarm in alarms]
    alarms += [each._replace(event=strays[each.event - len(entries)].n) for each in late]
    return Trial(_kept(trace, trace.entries, case), alarms, played.fault)


def _signs(beside: Beside) -> list[Sign]:
    try:
        return beside.leave().signs
    except StackFault:
        return []


def _kept(trace: Trace, entries: Sequence[Entry], case: FuzzCase) -> Trace:
    """These entries as a trace of their own."""
    kept = Trace(
        case=case.origin,
        target=trace.target,
        seed=trace.seed,
        ip=trace.ip,
        stack_addresses=trace.stack_addresses,
        settings=trace.settings,
    )
    kept.entries.extend(entry._replace(n=n) for n, entry in enumerate(entries))
    return kept
