"""`tcpassay targets new`: an agent for a stack of one's own, to be filled in."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from tcpassay.cli.guard import guarded


@guarded
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call the target.")],
    *,
    language: Annotated[
        Literal["c", "python", "go"], typer.Option(help="What the agent is to be written in.")
    ],
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder to make; default ./NAME.")
    ] = None,
) -> int:
    """Write the skeleton of a target for a TCP stack of your own.

    It works as it stands: a host whose ports are all closed. Put your stack in its
    place, step by step.

    tcpassay targets new mystack --language c
    """
    from tcpassay.targets.skeleton import write_skeleton

    folder = into or Path(name)
    files = write_skeleton(name, language, folder)
    typer.echo(f"{folder}: {', '.join(path.name for path in files)}\n\nnext:")
    shown = shlex.quote(str(folder) if folder.is_absolute() else f"./{folder}")
    for command in _next(shown, built=any(path.name == "Makefile" for path in files)):
        typer.echo(f"  {command}")
    return 0


def _next(folder: str, *, built: bool) -> list[str]:
    """Three commands: build or read, check, run."""
    return [
        f"make -C {folder}" if built else f"less {folder}/README.md",
        f"tcpassay doctor --target {folder}",
        f"tcpassay run {folder} --case 'rfc9293/3.10.7.1/*'",
    ]
