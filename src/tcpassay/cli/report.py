"""`tcpassay report RUN`: the reports of a run that is over, or was cut short."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tcpassay.cli.guard import guarded

_FORMS = "What is written"


@guarded
def report(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="A run's folder, its run.jsonl or run.json, or a bundle (--json)."
        ),
    ],
    *,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="F", help="The page: requirements and packets.", rich_help_panel=_FORMS
        ),
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(
            metavar="F", help="A summary, as for $GITHUB_STEP_SUMMARY.", rich_help_panel=_FORMS
        ),
    ] = None,
    junit: Annotated[
        Path | None,
        typer.Option(metavar="F", help="JUnit XML.", rich_help_panel=_FORMS),
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option(
            metavar="F", help="A picture: a lettered cell a requirement.", rich_help_panel=_FORMS
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(
            metavar="F",
            help="A bundle: the record and its traces as one file.",
            rich_help_panel=_FORMS,
        ),
    ] = None,
    pcapng: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A capture with comments a trace.", rich_help_panel=_FORMS
        ),
    ] = None,
    annotations: Annotated[
        bool,
        typer.Option(
            "--annotations",
            help="GitHub's notes on what is not as expected, to stdout.",
            rich_help_panel=_FORMS,
        ),
    ] = False,
    badges: Annotated[
        Path | None,
        typer.Option(
            metavar="F",
            help="A Markdown table for a README: requirements met.",
            rich_help_panel=_FORMS,
        ),
    ] = None,
) -> int:
    """Write the reports of a run that is over, or was cut short.

    Nothing is run. Without an option: what `tcpassay run` has printed. Ends
    with 0 whatever the verdicts were, 2 where RUN cannot be read; a form that
    cannot be written costs no other one, only the exit code.

    tcpassay report tcpassay-out/20260301-120000 --html page.html

    tcpassay report run.jsonl --json report.json

    tcpassay report report.json --junit junit.xml --pcapng captures
    """
    from tcpassay.cli.reporting import Wanted, carry_out

    return carry_out(
        run,
        Wanted(
            html=html,
            svg=svg,
            markdown=markdown,
            junit=junit,
            bundle=json,
            captures=pcapng,
            annotations=annotations,
            badges=badges,
        ),
    )
