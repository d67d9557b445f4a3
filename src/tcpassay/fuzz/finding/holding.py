"""A finding as a case of the conformance suite: passes where the stack is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.errors import AgentFault
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.targets.registry import open_manifest

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench
    from tcpassay.fuzz.cases.steps import FuzzCase


def hold(bench: Bench, case: FuzzCase, requirement: str, seed: int = 0) -> None:
    """Play a case on a fresh stack of the bench's target; nothing may break the requirement.

    It is played and judged as the fuzzer does it, so beside the bench's own stack; what happened
    is put into the bench's trace. Raises ExpectationFailed, AgentFault, and what starting a stack
    raises.
    """
    target = open_manifest(bench.manifest)
    try:
        trial = try_alone(target, Judge(target.manifest, target.version()), case, seed)
    finally:
        target.close()
    if isinstance(trial.fault, AgentFault):
        raise trial.fault
    for entry in trial.trace:
        bench.trace.append(entry.t_ns, entry.kind, entry.data, entry.process)
    broken = [alarm for alarm in trial.alarms if alarm.key.requirement == requirement]
    bench.judge(
        "value",
        {"finding": str(None)},
        met=not broken,
        requirement=requirement,
        event=broken[0].event if broken else None,
        message=str(broken[0]) if broken else "",
    )
