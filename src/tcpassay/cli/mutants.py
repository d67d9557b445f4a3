"""`make mutants`: try every planted fault against the cases and print the kill table."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from tcpassay.cli.guard import guarded
from tcpassay.cli.output import progress_console, result_console
from tcpassay.cli.selecting import load_named
from tcpassay.conformance.kills import kill_table
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.select import Selection, select
from tcpassay.core.errors import ConfigurationError, NothingSelectedError
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.mutants import load_mutants, mutants_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.kills import Kill
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.targets.mutants import Mutant

SURVIVED = 1


@guarded
def main(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Only these mutants.")
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only these cases, as run's --case.")
    ] = None,
) -> int:
    """Print one line a mutant as it is tried; 1 when one survives, else 0."""
    started = time.perf_counter()
    catalogue = load_catalogue()
    cases = _chosen_cases(case, catalogue) if case else load_cases(catalogue=catalogue)
    mutants = _named(load_mutants(), names or ())
    progress_console().print(f"tcpassay: trying {len(mutants)} mutants on {len(cases)} cases")
    out = result_console()
    kills = []
    row = _row_format(mutants)
    for kill in kill_table(cases, catalogue, jobs=os.cpu_count() or 1, mutants=mutants):
        kills.append(kill)
        fate = f"killed by {kill.case}" if kill.case else "SURVIVED"
        line = row.format(kill.mutant, kill.requirement, fate)
        out.print(f"{len(kills):>3}/{len(mutants)} {line}", soft_wrap=True)
        if names and kill.case:
            out.print(Text(f"        {kill.suffers}\n        {kill.message}"), soft_wrap=True)
    survivors = [kill for kill in kills if kill.case is None]
    for kill in survivors:
        _explain(out, kill)
    out.print(
        f"{len(kills) - len(survivors)} of {len(kills)} mutants killed "
        f"in {time.perf_counter() - started:.1f} s"
    )
    if survivors:
        out.print(f"survived: {', '.join(kill.mutant for kill in survivors)}", soft_wrap=True)
    return SURVIVED if survivors else 0


def _chosen_cases(names: Sequence[str], catalogue: Catalogue) -> tuple[Case, ...]:
    """What --case asks for. Raises TcpassayError for nothing."""
    named = load_named(names)
    return select(named.cases, Selection(cases=named.globs), catalogue)


def _named(mutants: tuple[Mutant, ...], names: Sequence[str]) -> tuple[Mutant, ...]:
    """Those of these names, or all. Raises TcpassayError for an unknown name, and for none."""
    known = {mutant.name: mutant for mutant in mutants}
    for name in names:
        if name not in known:
            raise ConfigurationError(f"no mutant {name!r}; `ls {mutants_folder()}` shows them")
    if not mutants:
        raise NothingSelectedError(f"{mutants_folder()}: there is no mutant")
    return tuple(known[name] for name in names) or mutants


def _row_format(mutants: Sequence[Mutant]) -> str:
    name = max(len(mutant.name) for mutant in mutants)
    requirement = max(len(mutant.requirement) for mutant in mutants)
    return f"{{:<{name}}}  {{:<{requirement}}}  {{}}"


def _explain(out: Console, kill: Kill) -> None:
    """What a survivor would do to a user, and which cases came near."""
    out.print(
        f"\n{kill.mutant}: {kill.suffers}\n"
        f"  none of {kill.ran} cases has an assertion bound to {kill.requirement} that fails",
        soft_wrap=True,
    )
    for miss in kill.near_misses:
        out.print(f"  not counted: {miss.case} ({miss.why})", soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
