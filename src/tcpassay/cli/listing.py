"""`tcpassay list`: which cases there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import guarded

if TYPE_CHECKING:
    from tcpassay.conformance.case import Case


@guarded
def list_cases(
    case: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Only these: 'rfc9293/*', sockets, ./mine.py."),
    ] = None,
    matrix: Annotated[
        bool,
        typer.Option("--matrix", help="The rows of the matrix, and what became of the product."),
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Rows by every way into their state.")
    ] = False,
    coverage: Annotated[
        bool,
        typer.Option(
            "--coverage",
            help="The catalogue: which entries cases judge, and why not the others.",
        ),
    ] = False,
    from_: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="RUN.json",
            help="With --coverage: by what this run judged. May be repeated.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For a machine to read.")] = False,
) -> int:
    """List the cases, one a line: id and what is done and demanded.

    With --coverage list what the cases cover instead: of each document and
    level how many entries of the catalogue are judged by a case or a row of the
    matrix, which cannot be observed, and why the others are not judged.

    tcpassay list --case rfc5961

    tcpassay list --coverage --from run.json
    """
    if coverage or from_:
        _refuse_mixture(coverage=coverage, others=bool(case or matrix or full))
        from tcpassay.cli.coverage import print_coverage

        print_coverage(from_ or (), as_json=json)
        return 0
    if matrix and not case:
        from tcpassay.cli.census import print_census

        print_census(full=full, as_json=json)
        return 0
    from tcpassay.cli.selecting import load_named
    from tcpassay.conformance.select import Selection, select
    from tcpassay.model.catalogue import load_catalogue

    named = load_named(case or [], matrix=matrix, full=full)
    cases = select(named.cases, Selection(cases=named.globs), load_catalogue())
    if json:
        _print_json(cases)
    else:
        _print_lines(cases)
    return 0


def _refuse_mixture(*, coverage: bool, others: bool) -> None:
    """Coverage is of the whole catalogue, by all cases or by those that ran."""
    from tcpassay.core.errors import ConfigurationError

    if not coverage:
        raise ConfigurationError("--from RUN.json goes with --coverage")
    if others:
        raise ConfigurationError(
            "--coverage is of all cases: leave out --case, --matrix and --full; "
            "--from RUN.json tells of the cases of one run"
        )


def _print_lines(cases: tuple[Case, ...]) -> None:
    width = max(len(case.id) for case in cases)
    typer.echo("\n".join(f"{case.id:{width}}  {case.title}" for case in cases))
    typer.echo(f"tcpassay: {len(cases)} cases; `tcpassay explain ID` tells more", err=True)


def _print_json(cases: tuple[Case, ...]) -> None:
    import json

    values = [
        {
            "id": case.id,
            "title": case.title,
            "location": {"file": case.file, "line": case.line},
            "requirements": case.mark.requirements,
            "needs": case.mark.needs,
            "settings": case.mark.settings,
            "state": case.mark.state or None,
            "ip": case.mark.ip,
            "real_s": case.mark.real_s,
            "measures": case.mark.measures,
        }
        for case in cases
    ]
    typer.echo(json.dumps(values, indent=1, ensure_ascii=False))
