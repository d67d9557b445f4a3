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
            metavar="NAME...",
            help="Targets, as `tcpassay run` takes them; files with --from and --baseline.",
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
            help="compare.html, .md and .json and the run's files; with --baseline changes.*.",
            rich_help_panel=_SHOW,
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="F",
            help="The comparison as one page, with the packets.",
            rich_help_panel=_SHOW,
        ),
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option(
            metavar="F",
            help="A picture: a lettered cell a requirement and target.",
            rich_help_panel=_SHOW,
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(metavar="F", help="The comparison as JSON.", rich_help_panel=_SHOW),
    ] = None,
) -> int:
    """Set targets side by side, or tell what changed since an earlier run.

    Side by side: a row a requirement, a column a target, and the values that
    cases measured; --out and --html write a page that opens to the packets.
    Ends as the run does: 0 when every verdict is as its
    target's expectations say, 1 when one is not, 3 after an error of the
    tester's own, 4 when a target did not start. That targets differ is no fault.

    With --baseline: 1 where something got worse, else 0. Worse is a verdict
    that was pass, info or unsupported and now is deviation, fail, inconclusive
    or error; one of these that became a worse one; a new case that fails
    unexpectedly; what was judged and is unsupported; a target that is missing
    now; a later run that was cut short. Other choices, other values, new and
    gone cases are told: compare runs of the same cases.

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
            html=html,
            svg=svg,
            json=json,
        )
    )
