"""`make baselines`: one run a target, kept beside the code; what a change changed is told by it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from tcpassay.cli.guard import complain, guarded
from tcpassay.cli.output import result_console
from tcpassay.cli.running import Request, carry_out_only
from tcpassay.conformance.gate import ALL_AS_EXPECTED, UNEXPECTED
from tcpassay.core.errors import ConfigurationError
from tcpassay.reports.baseline import baseline_file, baseline_text, read_outcomes
from tcpassay.reports.changes import changes
from tcpassay.reports.changes_text import lines, summary
from tcpassay.reports.files import write_text
from tcpassay.reports.outcomes import outcomes_of
from tcpassay.reports.read import read_record
from tcpassay.reports.wording import describe

if TYPE_CHECKING:
    from tcpassay.reports.changes import Changes
    from tcpassay.reports.outcomes import TargetOutcomes

#: Every baseline is of a run with this seed.
SEED = 1

TARGETS = ("reference", "reference-documents", "linux")


@guarded
def main(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="TARGET", help="Default: all three.")
    ] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: 1 where a verdict has changed.")
    ] = False,
    from_: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN.json", help="Take this run, and run nothing."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Files of the run.")] = None,
) -> int:
    """Write reports/baselines/TARGET.json for each target, or check a run against them.

    Only a run that is as expected becomes a baseline. A check is of targets on a virtual clock.
    """
    code = ALL_AS_EXPECTED
    if from_ is not None:
        record = read_record(from_)
    else:
        wanted = tuple(targets or TARGETS)
        ran = carry_out_only(Request(wanted, slow=True, seed=SEED, where_possible=True, out=out))
        record, code = ran.record, ran.exit_code
    if record.ending:
        complain(f"the run was {record.ending}; a baseline is of a whole one")
        return code or UNEXPECTED
    found = outcomes_of(record)
    if targets:
        found = [target for target in found if target.name in targets]
    if not found:
        raise ConfigurationError("no target of the run is one that is asked for")
    codes = [_check(target) if check else _write(target) for target in found]
    return max(code, *codes)


def _write(target: TargetOutcomes) -> int:
    """Tell what is new, and keep it."""
    path = baseline_file(target.name)
    unexpected = [each.key for each in target.cases.values() if not each.as_expected]
    if unexpected:
        complain(
            f"{target.name}: no baseline written: {len(unexpected)} not as expected "
            f"({', '.join(unexpected[:3])}); mend them or give them a reason in its expectations"
        )
        return UNEXPECTED
    found = _changes(path, target)
    if found is not None:
        _print(found)
    write_text(path, baseline_text(target))
    complain(f"{path}: {len(target.cases)} entries written")
    return ALL_AS_EXPECTED


def _check(target: TargetOutcomes) -> int:
    """Tell whether a verdict is another than in the baseline; new and gone cases are told only."""
    path = baseline_file(target.name)
    if target.clock != "virtual":
        return ALL_AS_EXPECTED
    found = _changes(path, target)
    if found is None:
        complain(f"{path}: is missing; {renewed_by(target.name)}")
        return UNEXPECTED
    changed = [change for change in found.changes if change.before and change.after]
    if changed:
        _print(found)
        complain(f"{path}: {len(changed)} changed; where that is right, {renewed_by(target.name)}")
        return UNEXPECTED
    complain(f"{target.name}: as its baseline: {summary(found)}")
    return ALL_AS_EXPECTED


def _changes(path: Path, target: TargetOutcomes) -> Changes | None:
    return changes(read_outcomes(path), [target]) if path.exists() else None


def renewed_by(target: str) -> str:
    """The command that writes a baseline anew."""
    return f"renew it with `make baselines TARGET={target}`"


def _print(found: Changes) -> None:
    console = result_console()
    for text, style in lines(found, describe):
        console.print(Text(text, style), soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
