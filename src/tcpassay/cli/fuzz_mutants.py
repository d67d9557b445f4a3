"""`make fuzz-mutants`: each planted fault hunted by the fuzzer, into fuzz_kills.json."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import guarded
from tcpassay.cli.output import progress_console, result_console
from tcpassay.conformance.killed import hash_of, load_table, stale
from tcpassay.conformance.load import load_cases
from tcpassay.fuzz.hunt.hunted import Hunted, load_hunted, reasons, write_hunted, wrong_reasons
from tcpassay.fuzz.hunt.hunting import course, hunt
from tcpassay.model.same import same_behaviour
from tcpassay.targets.mutants import load_mutants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tcpassay.targets.mutants import Mutant

INCOMPLETE = 1
#: Cases that a mutant is tried on of which it is said that it is out of reach.
FOR_EXCUSED = 80


@guarded
def main(
    count: Annotated[int, typer.Option(min=1, help="Cases of the campaign.")] = 24_576,
    seed: Annotated[int, typer.Option(help="Of the campaign.")] = 1,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only mutants that are new or have changed.")
    ] = False,
) -> int:
    """Hunt every mutant; 1 where one is neither found nor said to be out of reach."""
    began = time.perf_counter()
    mutants = load_mutants()
    sources = {mutant.name: hash_of(mutant.path) for mutant in mutants}
    known = {
        name: each
        for name, each in (load_hunted() if changed else {}).items()
        if sources.get(name) == each.source
    }
    wanted = [mutant for mutant in mutants if mutant.name not in known]
    table = dict(known)
    out = result_console()
    progress_console().print(f"tcpassay: {len(wanted)} mutants, {count:,} cases at most on each")
    for name, found in _hunt(wanted, count, seed):
        table[name] = found._replace(source=sources[name])
        line = f"{name}: case {found.number}, {found.seconds:.1f} s, {' '.join(found.names)}"
        out.print(line, soft_wrap=True)
    file = write_hunted(table)
    for line in wrong_reasons(table, mutants, reasons()):
        out.print(line, soft_wrap=True)
    out.print(_summary(table, mutants))
    out.print(f"in {time.perf_counter() - began:.0f} s: {file}", soft_wrap=True)
    return INCOMPLETE if wrong_reasons(table, mutants, reasons()) else 0


def _hunt(mutants: Sequence[Mutant], count: int, seed: int) -> Iterator[tuple[str, Hunted]]:
    excuses, failing = reasons(), _failing(mutants)
    for base in sorted({mutant.base for mutant in mutants}):
        of_base = [mutant for mutant in mutants if mutant.base == base]
        along = course(of_base, count, seed)
        for mutant in of_base:
            excused = any(reason.covers(mutant) for reason in excuses)
            most = FOR_EXCUSED if excused else None
            caught = hunt(mutant, along, seed, most=most, failing=failing.get(mutant.name))
            if caught is not None:
                alarm = caught.shown.alarm
                yield (
                    mutant.name,
                    Hunted(
                        "",
                        caught.number,
                        caught.seconds,
                        alarm.judge,
                        alarm.key,
                        alarm.why,
                        caught.names,
                        caught.shown.case,
                    ),
                )


def _failing(mutants: Sequence[Mutant]) -> dict[str, tuple[str, ...]]:
    """The cases of the suite that fail on a mutant, where the kill table knows it as it is."""
    table = load_table()
    old = stale(table, mutants, load_cases())
    return {
        name: (*told.killed_by, *told.also_fail, *old.cases)
        for name, told in table.mutants.items()
        if name not in old.mutants
    }


def _summary(table: Mapping[str, Hunted], mutants: Sequence[Mutant]) -> str:
    if not table:
        return f"none of {len(mutants)} mutants found"
    breaks = {mutant.name: mutant.requirement for mutant in mutants}
    first = sum(breaks[name] == each.names[0] for name, each in table.items())
    alike = sum(breaks[name] in _alike(each.names[0]) for name, each in table.items())
    among = sum(breaks[name] in each.names for name, each in table.items())
    soon = sum(each.seconds <= 10 for each in table.values())
    steps = median(len(each.case.steps) for each in table.values())
    return (
        f"{len(table)} of {len(mutants)} mutants found, {soon} within 10 s; {steps:g} steps in the "
        f"median; the requirement first for {first}, or one that states the same for {alike}, "
        f"among those named for {among}"
    )


def _alike(name: str) -> tuple[str, ...]:
    return (name, *same_behaviour().get(name, ()))


if __name__ == "__main__":
    typer.run(main)
