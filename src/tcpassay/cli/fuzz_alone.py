"""`tcpassay fuzz TARGET --alone I`: one case of a campaign on a fresh stack, and what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tcpassay.core.errors import AgentFault, ConfigurationError
from tcpassay.fuzz.campaign.engine import cases_of
from tcpassay.fuzz.campaign.keeping import read_corpus
from tcpassay.fuzz.campaign.lines import read_lines
from tcpassay.fuzz.campaign.store import CORPUS_FILE
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.fuzz.sources import STAY
from tcpassay.fuzz.sources.corpus import BEHIND
from tcpassay.reports.text import counted, one_line
from tcpassay.wire.notation import Notation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.fuzz.campaign.engine import Settings
    from tcpassay.fuzz.playing.alone import Trial
    from tcpassay.fuzz.sources.sequence import Sequence
    from tcpassay.targets.contract import Target


def run_alone(target: Target, settings: Settings, number: int) -> int:
    """Play it, print what happened; 1 where an alarm is not explained, else 0.

    Raises ConfigurationError for a number that the campaign has not, what starting a stack raises,
    and AgentFault.
    """
    cases = cases_of(target, settings)
    learned = _learn(cases.guide, settings)
    try:
        case = cases.schedule.case(number)
    except IndexError:
        msg = f"--alone {number}: there is no such case; they end before it"
        raise ConfigurationError(msg) from None
    if not learned and number >= BEHIND * STAY:
        note = f"case {number} may be made of what the campaign has found: give its --out"
        typer.echo(f"tcpassay: {note}", err=True)
    judge = Judge(target.manifest, target.version())
    trial = try_alone(target, judge, case, settings.seed)
    if isinstance(trial.fault, AgentFault):
        raise trial.fault
    typer.echo("\n".join(one_line(line) for line in _told(trial, number)))
    return 1 if any(not alarm.explained for alarm in trial.alarms) else 0


def _learn(guide: Sequence, settings: Settings) -> bool:
    """Tell the guide what the campaign has found; False where nobody knows."""
    path = settings.folder / CORPUS_FILE
    if not path.exists():
        return False
    guide.admit(read_corpus(read_lines(path).values, path))
    return True


def _told(trial: Trial, number: int) -> Iterator[str]:
    yield f"case {number}: {trial.trace.case}"
    yield from Notation().lines(trial.trace)
    yield ""
    if trial.fault is not None:
        yield f"the stack ended: {trial.fault}"
    for alarm in trial.alarms:
        explained = f"; explained by {alarm.explained}" if alarm.explained else ""
        yield f"{alarm.judge}: {alarm}: {alarm.key}{explained}"
    yield counted(len(trial.alarms), "alarm")
