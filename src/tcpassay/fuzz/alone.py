"""One case on a fresh stack, with nothing before it: what a finding has to survive."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.fuzz.faults import fault_alarms
from tcpassay.fuzz.player import Player
from tcpassay.targets.contract import StackOptions

if TYPE_CHECKING:
    from tcpassay.core.errors import AgentFault, StackFault
    from tcpassay.core.trace import Trace
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.judging import Judge
    from tcpassay.fuzz.steps import FuzzCase
    from tcpassay.targets.contract import Target


class Trial(NamedTuple):
    """What became of a case alone. `fault` is what ended the stack, None where it lives."""

    trace: Trace
    alarms: list[Alarm]
    fault: StackFault | AgentFault | None


def try_alone(target: Target, judge: Judge, case: FuzzCase, seed: int = 0) -> Trial:
    """Play a case on a fresh stack and let the whole judge speak, without tier one.

    Raises what starting a stack raises.
    """
    options = StackOptions(seed=seed, ip=case.ip, settings=case.settings, spare=True)
    stack = target.start(options)
    try:
        player = Player(stack, target.manifest, seed, case.ip, case.settings)
        played = player.play(case)
    finally:
        stack.close()
    trace = player.trace
    trace.case = case.origin
    entries = trace.entries
    alarms = [*fault_alarms(played, entries), *judge.alarms(trace, entries)]
    return Trial(trace, alarms, played.fault)
