"""`make mutants-full`: every case on every planted fault, into `reports/baselines/kills.json`."""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer

from tcpassay.cli.guard import guarded
from tcpassay.cli.output import progress_console, result_console
from tcpassay.conformance.killed import (
    KillTable,
    load_table,
    never_failing,
    stale,
    updated,
    write_table,
)
from tcpassay.conformance.killers import killers
from tcpassay.conformance.load import load_cases
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.mutants import load_mutants

INCOMPLETE = 1


@guarded
def main(
    changed: Annotated[
        bool, typer.Option("--changed", help="Only what is new or whose file has changed.")
    ] = False,
) -> int:
    """Try every case on every planted fault; 1 where one survives or a case fails on none."""
    started = time.perf_counter()
    catalogue = load_catalogue()
    cases = load_cases(catalogue=catalogue)
    mutants = load_mutants()
    table = load_table() if changed else KillTable()
    concerned = stale(table, mutants, cases)
    progress = progress_console()
    progress.print(
        f"tcpassay: {len(mutants)} mutants on {len(cases)} cases; new or changed are "
        f"{len(concerned.mutants)} and {len(concerned.cases)}. First each case without a fault."
    )
    out = result_console()
    found = []
    for each in killers(
        cases, catalogue, jobs=os.cpu_count() or 1, mutants=mutants, wanted=concerned.concerns
    ):
        found.append(each)
        if each.ran:
            told = f"killed by {len(each.killed_by)}, fails {len(each.also_fail)} more"
            counted = f"{len(found):>3}/{len(mutants)}"
            out.print(f"{counted} {each.mutant}: {told} of {each.ran} cases", soft_wrap=True)
    table = updated(table, found, concerned, cases)
    file = write_table(table)
    survivors = [name for name, killed in table.mutants.items() if not killed.killed_by]
    idle = never_failing(table, cases)
    out.print(
        f"{len(mutants) - len(survivors)} of {len(mutants)} mutants killed; {len(idle)} cases that "
        f"judge fail on none, in {time.perf_counter() - started:.0f} s: {file}"
    )
    for word, names in (("survived", survivors), ("fails on none", idle)):
        for name in names:
            out.print(f"{word}: {name}", soft_wrap=True)
    return INCOMPLETE if survivors or idle else 0


if __name__ == "__main__":
    typer.run(main)
