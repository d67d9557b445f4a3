"""`tcpassay expectations`: keep what is known of a target in step with what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tcpassay.cli.guard import guarded

expectations = typer.Typer(
    help="Keep a target's expectations in step with what it does.", no_args_is_help=True
)


@expectations.callback()
def _group() -> None:
    """Keep a target's expectations in step with what it does."""


@expectations.command("update")
@guarded
def update(
    run: Annotated[Path, typer.Argument(metavar="RUN.json", help="The record of a run.")],
    *,
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="T", help="Only these targets of the run. May be repeated."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Change the files; without it the diff is printed.")
    ] = False,
) -> int:
    """Propose what makes a run as expected: a diff of targets/T/expectations.toml.

    A verdict that nobody expected becomes an entry at the end of the file. Its
    reason is yours to write, clause first: until then no run takes the file.
    Entries that the run calls stale go; comments, order and layout stay.

    Ends with 1 where something is proposed; with 0 where nothing is, or after
    --write.

    tcpassay run linux --json run.json

    tcpassay expectations update run.json

    tcpassay expectations update run.json --write
    """
    from tcpassay.cli.updating import update_files

    return update_files(run, tuple(target or ()), write=write)
