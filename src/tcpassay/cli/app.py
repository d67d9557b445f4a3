"""The verbs under one name, and the options that all of them share."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

import tcpassay
from tcpassay.cli.guard import DEBUG_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Each verb's module in this package and its function there, in the order of --help.
VERBS = {
    "doctor": ("doctor", "doctor"),
    "targets": ("targets", "targets"),
    "list": ("listing", "list_cases"),
    "explain": ("explain", "explain"),
    "run": ("run", "run"),
    "compare": ("compare", "compare"),
    "report": ("report", "report"),
    "expectations": ("expectations", "expectations"),
    "fuzz": ("fuzz", "fuzz"),
    "replay": ("replay", "replay"),
    "minimise": ("minimise", "minimise"),
    "check": ("check", "check"),
    "serve": ("serve", "serve"),
    "fetch": ("fetch", "fetch"),
}


def make_app(arguments: Sequence[str] = ()) -> typer.Typer:
    """The application. Where `arguments` begin with a verb it is the only one put together.

    Putting together all of them takes 20 ms that one verb need not wait for.
    """
    app = typer.Typer(
        name="tcpassay",
        help="An assay for TCP stacks: requirement by requirement, with the packets that prove it.",
        epilog="Start with: tcpassay doctor, then tcpassay run reference",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    first = next(iter(arguments), "")
    for name in (first,) if first in VERBS else VERBS:
        module, function = VERBS[name]
        verb = getattr(import_module(f"tcpassay.cli.{module}"), function)
        if isinstance(verb, typer.Typer):
            app.add_typer(verb, name=name)
        else:
            app.command(name)(verb)
    app.callback()(options)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tcpassay {tcpassay.__version__}")
        raise typer.Exit


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
