"""`tcpassay compare`: targets side by side, or what changed since an earlier run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tcpassay.cli.guard import guarded

_WHAT = "What is compared"
_RUN = "How targets are run"
_SHOW = "What is shown and written"


@guarded
def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...|RUN.json...|OLD.json NEW.json",
            help="Targets to run, as `tcpassay run` takes them; with --from and --baseline files.",
        ),
    ],
    *,
    from_: Annotated[
        bool,
        typer.Option(
            "--from",
            help="The names are run records or baselines: nothing is run.",
            rich_help_panel=_WHAT,
        ),
    ] = False,
    baseline: Annotated[
        bool,
        typer.Option(
            "--baseline",
            help="Two such files, the earlier one first: what has changed.",
            rich_help_panel=_WHAT,
        ),
    ] = False,
    case: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Only these cases.", rich_help_panel=_RUN),
    ] = None,
    slow: Annotated[
        bool,
        typer.Option("--slow", help="Also cases over 10 s of real time.", rich_help_panel=_RUN),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="As for run.", rich_help_panel=_RUN)
    ] = None,
    where_possible: Annotated[
        bool,
        typer.Option(
            "--where-possible",
            help="Skip targets that cannot be started.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    every: Annotated[
        bool,
        typer.Option("--all", help="Also where they do not differ.", rich_help_panel=_SHOW),
    ] = False,
    cases: Annotated[
        bool,
        typer.Option("--cases", help="The cases of each requirement.", rich_help_panel=_SHOW),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="compare.md and compare.json; the files of the run.",
            rich_help_panel=_SHOW,
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(metavar="F", help="The comparison as JSON.", rich_help_panel=_SHOW),
    ] = None,
) -> int:
    """Set targets side by side, or tell what changed since an earlier run.

    Side by side: a row a requirement, a column a target, and the values that cases measured. Ends
    as the run would: with 0 when every verdict is as its target's expectations say, 1 when one is
    not (that targets differ is no fault), 3 after an error of the tester's own, 4 when a target did
    not start.

    With --baseline ends with 1 where something got worse: a verdict that was pass, info or
    unsupported is deviation, fail, inconclusive or error; a worse one of these; a new case that
    fails and is not expected to; what was judged is unsupported. New choices, values and gone cases
    are told and end with 0: compare runs of the same cases.

    tcpassay compare reference linux

    tcpassay compare --from monday.json tuesday.json --all

    tcpassay compare --baseline reports/baselines/linux.json run.json
    """
    from tcpassay.cli.comparing import Comparison, carry_out

    return carry_out(
        Comparison(
            names=tuple(names),
            from_files=from_,
            baseline=baseline,
            cases=tuple(case or ()),
            slow=slow,
            seed=seed,
            where_possible=where_possible,
            every=every,
            unfold=cases,
            out=out,
            json=json,
        )
    )
