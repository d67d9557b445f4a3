"""`make mutants`: try every planted fault against the cases and print the kill table."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from tcpassay.cli.guard import guarded
from tcpassay.cli.output import progress_console, result_console
from tcpassay.conformance.kills import kill_table
from tcpassay.conformance.load import load_cases
from tcpassay.core.errors import NothingSelectedError
from tcpassay.model.catalogue import load_catalogue

if TYPE_CHECKING:
    from rich.console import Console

    from tcpassay.conformance.kills import Kill

SURVIVED = 1


@guarded
def main() -> int:
    """Print one line a mutant as it is tried; 1 when one survives, else 0."""
    catalogue = load_catalogue()
    cases = load_cases()
    progress_console().print(f"tcpassay: trying each mutant against {len(cases)} cases")
    out = result_console()
    kills = []
    for kill in kill_table(cases, catalogue, jobs=os.cpu_count() or 1):
        _tell(out, kill)
        kills.append(kill)
    if not kills:
        msg = "there is no mutant in targets/mutants"
        raise NothingSelectedError(msg)
    survivors = [kill.mutant for kill in kills if kill.case is None]
    out.print(f"{len(kills) - len(survivors)} of {len(kills)} mutants killed")
    if survivors:
        out.print(f"survived: {', '.join(survivors)}")
    return SURVIVED if survivors else 0


def _tell(out: Console, kill: Kill) -> None:
    fate = f"killed by {kill.case}" if kill.case else f"SURVIVED all {kill.ran} cases"
    out.print(f"{kill.mutant:<34} {kill.requirement:<34} {fate}", soft_wrap=True)
    for other in kill.others if kill.case is None else ():
        out.print(f"{'':<34} {'':<34} (failed by another requirement: {other})", soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
