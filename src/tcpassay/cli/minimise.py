"""`tcpassay minimise TRACE`: the trace of a finding with as few steps as show it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import guarded

if TYPE_CHECKING:
    from tcpassay.fuzz.cases.steps import FuzzCase

#: Stacks that it may take: more than a campaign gives a finding.
STACKS = 500
NOT_THERE = 1


@guarded
def minimise(
    trace: Annotated[Path, typer.Argument(metavar="TRACE", help="A finding of OUT/findings/.")],
    target: Annotated[
        str | None,
        typer.Option(metavar="T", help="A name or path; default: the target the trace names."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Default: TRACE with .min before .json."
        ),
    ] = None,
    stacks: Annotated[
        int, typer.Option(metavar="N", min=1, help="Fresh stacks that it may take.")
    ] = STACKS,
) -> int:
    """Leave out of a finding's case all that it does not hang on.

    Steps first, then fields. Ends with 1 when the finding does not come again.

    tcpassay minimise tcpassay-out/20260301-120000/findings/RFC9293-MUST-5-LISTEN-0c1d2e3f.json
    """
    from tcpassay.cli.findings import NONSENSE, nonsense, open_for
    from tcpassay.fuzz.finding.kept import finding_of, write_finding
    from tcpassay.fuzz.finding.minimise import beyond_access
    from tcpassay.fuzz.finding.replaying import make_smaller
    from tcpassay.reports.files import require_writable
    from tcpassay.reports.text import counted, one_line
    from tcpassay.wire.notation import Notation
    from tcpassay.wire.tracefile import load

    finding = finding_of(load(trace), str(trace))
    place = output or trace.with_name(f"{trace.name.removesuffix('.json')}.min.json")
    require_writable(place, "--output")

    def tell(count: int, case: FuzzCase) -> None:
        said = f"{counted(count, 'stack')}: {counted(len(case.steps), 'step')}"
        typer.echo(said, err=True)

    stack = open_for(target or finding.target)
    try:
        smaller = make_smaller(finding, stack, stacks, tell)
    except NONSENSE as error:
        raise nonsense(trace, error) from None
    finally:
        stack.close()
    if smaller is None:
        typer.echo(one_line(f"NOTHING  {stack.manifest.name}  {finding.key}"))
        return NOT_THERE
    found, recorded = smaller
    write_finding(place, found, recorded)
    typer.echo("\n".join(one_line(line) for line in Notation().lines(recorded)))
    before, after = len(finding.minimal.steps), len(found.minimal.steps)
    beyond = beyond_access(found.minimal)
    said = f"{before} -> {counted(after, 'step')} ({beyond} besides opening)"
    more = "; --stacks ended it" if found.spent else ""
    typer.echo(f"{said} in {counted(found.executions, 'stack')}{more}")
    typer.echo(str(place))
    return 0
