"""What `replay` and `minimise` do with the trace of a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tcpassay.core.errors import ConfigurationError
from tcpassay.fuzz.finding.kept import finding_of
from tcpassay.fuzz.finding.replaying import play_again
from tcpassay.reports.text import one_line
from tcpassay.targets.mutants import MUTANTS, open_mutant
from tcpassay.targets.namespace.userns import enter_user_namespace_if_needed
from tcpassay.targets.registry import open_target
from tcpassay.wire.notation import Notation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcpassay.fuzz.finding.kept import Finding
    from tcpassay.fuzz.finding.replaying import PlayedAgain
    from tcpassay.targets.contract import Target
    from tcpassay.wire.tracefile import TraceFile

ANOTHER = 1
#: What a step raises that is right in form and makes no sense.
NONSENSE = (ValueError, TypeError, LookupError, OverflowError)


def nonsense(path: Path, error: Exception) -> ConfigurationError:
    """What is said of steps that are right in form and cannot be played."""
    what = str(error) or type(error).__name__
    msg = f"{path}: its steps cannot be played ({what}); was the file changed?"
    return ConfigurationError(msg)


def open_for(name: str) -> Target:
    """The target of a name, path or mutant, ready to start stacks. Raises ConfigurationError."""
    target = open_mutant(name) if name.startswith(MUTANTS) else open_target(name)
    if target.manifest.kind == "namespace":
        enter_user_namespace_if_needed()
    return target


def replay_finding(file: TraceFile, path: Path, name: str | None, seed: int | None) -> int:
    """Play a finding again and say what became of it; the exit code."""
    finding = finding_of(file, str(path))
    target = open_for(name or finding.target)
    try:
        again = play_again(finding, target, seed)
    except NONSENSE as error:
        raise nonsense(path, error) from None
    finally:
        target.close()
    typer.echo("\n".join(_told(finding, again)))
    return 0 if again.outcome == "same finding" else ANOTHER


def _told(finding: Finding, again: PlayedAgain) -> Iterator[str]:
    trace = again.trace
    yield from (one_line(line) for line in Notation().lines(trace))
    yield ""
    for alarm in again.alarms:
        if alarm is not again.alarm:
            behind = f"  (explained by {alarm.explained})" if alarm.explained else ""
            yield one_line(f"besides: event {alarm.event}: {alarm}{behind}")
    if again.alarm is not None:
        yield one_line(f"event {again.alarm.event}: {again.alarm}")
    if finding.names:
        yield one_line(f"about {', or '.join(finding.names)}")
    where = f"{trace.target}  {finding.key}"
    if again.outcome == "same finding":
        yield one_line(f"SAME FINDING  {where}")
        return
    recorded = f"recorded on {finding.target} ({finding.version}): {finding.alarm.why}"
    yield one_line(f"{again.outcome.upper()}  {where}  ({recorded})")
