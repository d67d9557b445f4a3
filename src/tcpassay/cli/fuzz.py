"""`tcpassay fuzz TARGET`: thousands of cases a second, and what is wrong as small reproducers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tcpassay.cli.guard import guarded


@guarded
def fuzz(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A name, or a target.toml.")],
    *,
    seconds: Annotated[float | None, typer.Option(metavar="N", min=0.0, help="Stop then.")] = None,
    cases: Annotated[int | None, typer.Option(metavar="N", min=1, help="Stop behind them.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="S", min=0)] = None,
    jobs: Annotated[int, typer.Option(metavar="N", min=1)] = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
    resume: Annotated[bool, typer.Option("--resume")] = False,
) -> int:
    """Fuzz a stack: every answer is judged, and what is wrong is replayed alone and kept."""
    from tcpassay.cli.fuzzing import Request, carry_out

    return carry_out(Request(target, seconds, cases, seed, jobs, out, resume))
