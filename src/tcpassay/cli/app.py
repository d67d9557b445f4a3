"""The verbs under one name, and the options that all of them share."""

from __future__ import annotations

import os
from typing import Annotated

import typer

import tcpassay
from tcpassay.cli.doctor import doctor
from tcpassay.cli.explain import explain
from tcpassay.cli.guard import DEBUG_VARIABLE
from tcpassay.cli.listing import list_cases
from tcpassay.cli.replay import replay
from tcpassay.cli.run import run
from tcpassay.cli.targets import targets

app = typer.Typer(
    name="tcpassay",
    help="An assay for TCP stacks: requirement by requirement, with the packets that prove it.",
    epilog="Start with: tcpassay doctor, then tcpassay run reference",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("doctor")(doctor)
app.command("targets")(targets)
app.command("list")(list_cases)
app.command("explain")(explain)
app.command("run")(run)
app.command("replay")(replay)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tcpassay {tcpassay.__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it and stop.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help=f"Show tracebacks, as {DEBUG_VARIABLE}=1 does.")
    ] = False,
) -> None:
    """Read the options before the verb."""
    del version
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"
